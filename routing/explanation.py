"""Why a message goes where it goes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts import InboundMessage, PlatformName, Runtime, routing_key
from routing.classify import Classification, classify
from routing.context import NOTHING_KNOWN, Circumstances, RoutingContext, routing_context
from routing.conversation import conversation_key
from routing.decide import Router
from routing.decision import Decision, queue_of
from routing.override import Wish
from routing.override_policy import OverridePolicy
from routing.rule import Rule

_BY_RULES = {"matched", "base", "override"}


@dataclass(frozen=True, slots=True)
class Failure:
    """The first key of a rule that did not fit."""

    key: str
    wanted: str
    had: str | None
    """None if the message does not have this fact."""


@dataclass(frozen=True, slots=True)
class TriedRule:
    """A rule that was tried. It matched if there is no failure."""

    rule: Rule
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class RuntimeField:
    """A field of the runtime, and where it came from."""

    name: str
    value: Any
    origin: str | None
    """`base`, the rule's name, `runtimes.<name>`, `override`; None if nobody set it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that led to it."""

    platform: PlatformName
    classification: Classification
    facts: Mapping[str, str]
    tried: tuple[TriedRule, ...]
    """In order, up to the one that matched; empty where the rules were not consulted."""
    wish: Wish
    policy: OverridePolicy
    decision: Decision
    fields: tuple[RuntimeField, ...]
    conversation: str
    routing_key: str
    queue: str


def explain(
    router: Router,
    message: InboundMessage,
    platform: PlatformName,
    prefix: str = "",
    circumstances: Circumstances = NOTHING_KNOWN,
) -> Explanation:
    """Return why a message from `platform`, the settled one, goes where it goes.

    `prefix` is the deployment's, for the name of the queue.
    """
    classification = classify(message, platform, router.table)
    source_kind = classification.source_kind
    decision = router.decide(message, platform, source_kind, circumstances)
    context = routing_context(message, platform, source_kind, router.table, circumstances)
    consulted = decision.route.reason in _BY_RULES
    return Explanation(
        platform=platform,
        classification=classification,
        facts=context.facts(),
        tried=tuple(_tried(router, context)) if consulted else (),
        wish=Wish.of(message.override),
        policy=router.policy(platform, source_kind),
        decision=decision,
        fields=tuple(_fields(router, decision)),
        conversation=conversation_key(message, platform, router.table),
        routing_key=routing_key(message),
        queue=queue_of(decision, prefix),
    )


def _tried(router: Router, context: RoutingContext) -> Iterator[TriedRule]:
    matched = router.match(context)
    for rule in router.table.rules:
        if rule is matched:
            yield TriedRule(rule, None)
            return
        yield TriedRule(rule, _failure(rule, context))


def _failure(rule: Rule, context: RoutingContext) -> Failure | None:
    for condition in rule.match:
        had = context.fact(condition.key)
        if not condition.holds(had):
            return Failure(condition.key, condition.written, had)
    return None


def _fields(router: Router, decision: Decision) -> Iterator[RuntimeField]:
    route, runtime = decision.route, decision.runtime
    rule = None if route.index is None else router.table.rules[route.index]
    for name in Runtime.model_fields:
        value = getattr(runtime, name)
        if value is None:
            origin = None
        elif name == "model" and route.reason == "override":
            origin = "override"
        elif rule is None:
            origin = route.name
        else:
            origin = rule.name if name in rule.stated else rule.heir_of
        yield RuntimeField(name, value, origin)
