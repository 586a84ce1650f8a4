"""Which runtime answers."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts import DeadReason, InboundMessage, PlatformName, Route, SourceKind
from routing.context import NOTHING_KNOWN, Circumstances, RoutingContext, routing_context
from routing.context import trusted_user_id as _trusted_user_id
from routing.conversation import conversation_key
from routing.decision import Decision
from routing.override import Refusal, Wish, refusal
from routing.override_policy import OverridePolicy
from routing.rejection import Rejection
from routing.rule import Rule
from routing.rule_index import RuleIndex
from routing.split import chosen
from routing.table import RoutingTable
from routing.target import Target

BASE = "base"
_FLUSH: Final = "memory_flush"
_Reason = Literal["matched", "base", "runtime", "memory_flush", "error"]
_NARROWEST_FIRST = (OverridePolicy.NONE, OverridePolicy.LISTED, OverridePolicy.ANY)


@dataclass(frozen=True, slots=True)
class _Routed:
    """The decisions of one rule: of its own, or one for each variant of its split."""

    decisions: tuple[Decision, ...]
    weights: tuple[int, ...] = ()


class Router:
    """Decides by one routing table. Built once for a table; deciding changes nothing in it."""

    def __init__(self, table: RoutingTable) -> None:
        self.table = table
        self._index = RuleIndex(table.rules)
        self._denying = RuleIndex(table.rules[: table.denials]) if table.denials else None
        self._known_models = table.known_models
        self._base = _decision(table.base_target, _route(table, BASE, "base"))
        self._routed = tuple(_routed(rule, table) for rule in table.rules)

    def decide(
        self,
        message: InboundMessage,
        platform: PlatformName,
        source_kind: SourceKind,
        circumstances: Circumstances = NOTHING_KNOWN,
    ) -> Decision:
        """Return the runtime of a turn, and why that one.

        Raises Rejection, with reason `denied`, where a rule says that there is to be no turn. If
        deciding goes wrong, no turn waits for it: the base runtime is the answer, with reason
        `error`. Only a table that denies anything lets the error out, for who knows what it would
        have denied.
        """
        try:
            return self._decide(message, platform, source_kind, circumstances)
        except Rejection:
            raise
        except Exception as error:
            if self._denying is not None:
                raise
            return replace(self._base, route=_route(self.table, BASE, "error"), error=error)

    def match(self, context: RoutingContext) -> Rule | None:
        """Return the first rule that matches, None if none does."""
        place = self._index.first(context)
        return None if place is None else self.table.rules[place]

    def policy(self, platform: PlatformName, source_kind: SourceKind) -> OverridePolicy:
        """Return what the override of a message may name."""
        policies = self.table.overrides
        policy = policies[source_kind]
        if self._is_peer(platform, source_kind):
            policy = min(policy, policies[SourceKind.HUB_PEER], key=_NARROWEST_FIRST.index)
        return policy

    def trusted_user_id(
        self, message: InboundMessage, platform: PlatformName, *, signed: bool
    ) -> str | None:
        """Return the sender's user id, None where ids can be forged and nobody signed them."""
        return _trusted_user_id(message, platform, self.table, signed=signed)

    def _decide(
        self,
        message: InboundMessage,
        platform: PlatformName,
        source_kind: SourceKind,
        circumstances: Circumstances,
    ) -> Decision:
        context = routing_context(message, platform, source_kind, self.table, circumstances)
        self._refuse_denied(context)
        wish = Wish.of(message.override)
        if message.purpose == _FLUSH and not self._is_peer(platform, source_kind):
            route = _route(
                self.table, BASE, _FLUSH, ignored=_FLUSH if wish.names_something else None
            )
            decision = replace(self._base, route=route)
        else:
            decision = self._grant(wish, context)
        if wish.ignored_fields:
            decision = replace(decision, ignored_fields=wish.ignored_fields)
        return decision

    def _refuse_denied(self, context: RoutingContext) -> None:
        if self._denying is None:
            return
        place = self._denying.first(context)
        if place is not None:
            rule = self.table.rules[place].name
            raise Rejection(DeadReason.DENIED, f"denied by `{rule}`", rule)

    def _is_peer(self, platform: PlatformName, source_kind: SourceKind) -> bool:
        # A peer that says it is a stranger must not gain by it, so its platform counts as well.
        return source_kind is SourceKind.HUB_PEER or (
            source_kind is SourceKind.STRANGER and platform.platform in self.table.hub_platforms
        )

    def _grant(self, wish: Wish, context: RoutingContext) -> Decision:
        """Return the decision, highest first: named runtime, named model, matched rule, base."""
        if not wish.names_something:
            return self._routed_by(context)
        table, ignored = self.table, None
        policy = self.policy(context.platform, context.source_kind)
        if wish.runtime is not None:
            ignored = refusal(wish.runtime, policy, table.runtimes.keys())
            if ignored is None:
                route = _route(table, f"runtimes.{wish.runtime}", "runtime")
                return Decision(table.runtimes[wish.runtime], route)
        routed = self._routed_by(context)
        if wish.model is not None:
            listed = table.models | {table.base.model, routed.runtime.model}
            refused = refusal(wish.model, policy, self._known_models, listed)
            if refused is None:
                return _with_model(routed, wish.model, ignored)
            ignored = ignored or refused
        route = routed.route.model_copy(update={"override_ignored": ignored})
        return replace(routed, route=route)

    def _routed_by(self, context: RoutingContext) -> Decision:
        rule = self.match(context)
        if rule is None:
            return self._base
        routed = self._routed[rule.index]
        if not routed.weights:
            return routed.decisions[0]
        conversation = conversation_key(context.message, context.platform, self.table)
        return routed.decisions[chosen(conversation, routed.weights)]


def _routed(rule: Rule, table: RoutingTable) -> _Routed:
    def decided(target: Target, variant: str | None = None) -> Decision:
        route = _route(table, rule.name, "matched", rule.index, variant=variant)
        return _decision(target, route)

    if not rule.split:
        return _Routed((decided(rule.target),))
    decisions = tuple(decided(variant.target, variant.name) for variant in rule.split)
    return _Routed(decisions, tuple(variant.weight for variant in rule.split))


def _decision(target: Target, route: Route) -> Decision:
    return Decision(
        runtime=target.runtime,
        route=route,
        fallbacks=target.fallbacks,
        queue=target.queue,
        priority=target.priority,
        expires_in=target.expires_in,
    )


def _with_model(routed: Decision, model: str, ignored: Refusal | None) -> Decision:
    runtime = routed.runtime.model_copy(update={"model": model})
    update = {"reason": "override", "override_ignored": ignored}
    route = routed.route.model_copy(update=update)
    # A queue that the rule names is for what it chose; a model that was asked for has its own.
    return replace(routed, runtime=runtime, route=route, queue=None)


def _route(
    table: RoutingTable,
    name: str,
    reason: _Reason,
    index: int | None = None,
    ignored: Literal["memory_flush"] | None = None,
    variant: str | None = None,
) -> Route:
    # Every field is stated, because a job carries what is stated.
    return Route(
        name=name,
        index=index,
        table=table.digest,
        reason=reason,
        override_ignored=ignored,
        variant=variant,
    )
