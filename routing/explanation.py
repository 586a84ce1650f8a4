"""Why a message goes where it goes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts import InboundMessage, PlatformName, Runtime, routing_key
from routing.charge import Charge, charges
from routing.classify import Classification, classify
from routing.context import NOTHING_KNOWN, Circumstances, RoutingContext, routing_context
from routing.conversation import conversation_key
from routing.decide import Router
from routing.decision import Decision, queue_of
from routing.override import Wish
from routing.override_policy import OverridePolicy
from routing.rejection import Rejection
from routing.rule import Rule
from routing.split import lot
from routing.target import Variant

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
    """`base`, the rule's name, its name and the variant's (`RULE/VARIANT`), `runtimes.<name>`,
    `override`; None if nobody set it."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How the conversation got its variant of a split."""

    rule: Rule
    lot: int
    """What its key draws: from 0, less than the total. The weights are walked along to it."""
    chosen: Variant

    @property
    def total(self) -> int:
        """Return the sum of the weights."""
        return sum(variant.weight for variant in self.rule.split)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, or a denial, with everything that led to it."""

    platform: PlatformName
    classification: Classification
    circumstances: Circumstances
    facts: Mapping[str, str]
    tried: tuple[TriedRule, ...]
    """In order, up to the one that matched; where the rules were not consulted, those that deny."""
    wish: Wish
    policy: OverridePolicy
    decision: Decision | None
    """None where a rule denies the message: that is the last one tried."""
    fields: tuple[RuntimeField, ...]
    conversation: str
    routing_key: str
    queue: str | None
    """None for a denied message."""
    draw: Draw | None = None
    """Where the rule that matched is split."""
    charges: tuple[Charge, ...] = ()
    """The limits that its turn counts against."""

    @property
    def denial(self) -> Rule | None:
        """Return the rule that denies the message."""
        return self.tried[-1].rule if self.decision is None else None

    @property
    def consulted(self) -> bool:
        """Whether the rules, beyond those that deny, had a say."""
        return self.decision is None or self.decision.route.reason in _BY_RULES


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
    table = router.table
    classification = classify(
        message, platform, table, signed=circumstances.signed, redriven=circumstances.redriven
    )
    source_kind = classification.source_kind
    context = routing_context(message, platform, source_kind, table, circumstances)
    conversation = conversation_key(message, platform, table)
    try:
        decision = router.decide(message, platform, source_kind, circumstances)
    except Rejection:
        decision = None
    consulted = decision is None or decision.route.reason in _BY_RULES
    return Explanation(
        platform=platform,
        classification=classification,
        circumstances=circumstances,
        facts=context.facts(),
        tried=tuple(_tried(router, context, consulted=consulted)),
        wish=Wish.of(message.override),
        policy=router.policy(platform, source_kind),
        decision=decision,
        fields=() if decision is None else tuple(_fields(router, decision)),
        conversation=conversation,
        routing_key=routing_key(message),
        queue=None if decision is None else queue_of(decision, prefix),
        draw=None if decision is None else _draw(router, decision, conversation),
        charges=() if decision is None else charges(message, platform, source_kind, table),
    )


def _tried(router: Router, context: RoutingContext, *, consulted: bool) -> Iterator[TriedRule]:
    table = router.table
    rules = table.rules if consulted else table.rules[: table.denials]
    matched = router.match(context) if rules else None
    for rule in rules:
        if rule is matched:
            yield TriedRule(rule, None)
            return
        yield TriedRule(rule, _failure(rule, context))


def _failure(rule: Rule, context: RoutingContext) -> Failure | None:
    for condition in rule.match:
        had = context.fact(condition.key)
        if not condition.holds(had):
            return Failure(condition.label, condition.written, had)
    return None


def _draw(router: Router, decision: Decision, conversation: str) -> Draw | None:
    rule, variant = _chosen(router, decision)
    if rule is None or variant is None:
        return None
    return Draw(rule, lot(conversation, sum(each.weight for each in rule.split)), variant)


def _fields(router: Router, decision: Decision) -> Iterator[RuntimeField]:
    route, runtime = decision.route, decision.runtime
    rule, variant = _chosen(router, decision)
    for name in Runtime.model_fields:
        value = getattr(runtime, name)
        if value is None:
            origin = None
        elif name == "model" and route.reason == "override":
            origin = "override"
        elif rule is None:
            origin = route.name
        else:
            origin = rule.origin(name, variant)
        yield RuntimeField(name, value, origin)


def _chosen(router: Router, decision: Decision) -> tuple[Rule | None, Variant | None]:
    route = decision.route
    if route.index is None:
        return None, None
    rule = router.table.rules[route.index]
    return rule, next((each for each in rule.split if each.name == route.variant), None)
