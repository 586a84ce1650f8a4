"""Which runtime answers."""

from dataclasses import replace
from typing import Final, Literal

from contracts import InboundMessage, PlatformName, Route, SourceKind
from routing.context import RoutingContext, routing_context, trusted_user_id
from routing.decision import Decision
from routing.override import Refusal, Wish, refusal
from routing.override_policy import OverridePolicy
from routing.rule import Rule
from routing.rule_index import RuleIndex
from routing.table import RoutingTable

BASE = "base"
_FLUSH: Final = "memory_flush"
_Reason = Literal["matched", "base", "runtime", "memory_flush", "error"]
_NARROWEST_FIRST = (OverridePolicy.NONE, OverridePolicy.LISTED, OverridePolicy.ANY)


class Router:
    """Decides by one routing table. Built once for a table; deciding changes nothing in it."""

    def __init__(self, table: RoutingTable) -> None:
        self.table = table
        self.index = RuleIndex(table.rules)
        self._known_models = table.known_models
        self._base = Decision(table.base, _route(table, BASE, "base"))
        self._routed = tuple(
            Decision(rule.runtime, _route(table, rule.name, "matched", rule.index))
            for rule in table.rules
        )

    def decide(
        self, message: InboundMessage, platform: PlatformName, source_kind: SourceKind
    ) -> Decision:
        """Return the runtime of a turn, and why that one. Never raises.

        Should deciding go wrong, no turn waits for it: the base runtime is the answer, with reason
        `error`.
        """
        try:
            return self._decide(message, platform, source_kind)
        except Exception as error:  # noqa: BLE001 - it is handed on in the decision
            return replace(self._base, route=_route(self.table, BASE, "error"), error=error)

    def match(self, context: RoutingContext) -> Rule | None:
        """Return the first rule that matches, None if none does."""
        place = self.index.first(context.fact)
        return None if place is None else self.table.rules[place]

    def policy(self, platform: PlatformName, source_kind: SourceKind) -> OverridePolicy:
        """Return what the override of a message may name."""
        policies = self.table.overrides
        policy = policies[source_kind]
        if self._is_peer(platform, source_kind):
            policy = min(policy, policies[SourceKind.HUB_PEER], key=_NARROWEST_FIRST.index)
        return policy

    def trusted_user_id(self, message: InboundMessage, platform: PlatformName) -> str | None:
        """Return the sender's user id, None on platforms where ids can be forged."""
        return trusted_user_id(message, platform, self.table)

    def _decide(
        self, message: InboundMessage, platform: PlatformName, source_kind: SourceKind
    ) -> Decision:
        wish = Wish.of(message.override)
        if message.purpose == _FLUSH and not self._is_peer(platform, source_kind):
            route = _route(
                self.table, BASE, _FLUSH, ignored=_FLUSH if wish.names_something else None
            )
            decision = replace(self._base, route=route)
        else:
            context = routing_context(message, platform, source_kind, self.table)
            decision = self._grant(wish, context)
        if wish.ignored_fields:
            decision = replace(decision, ignored_fields=wish.ignored_fields)
        return decision

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
        return self._base if rule is None else self._routed[rule.index]


def _with_model(routed: Decision, model: str, ignored: Refusal | None) -> Decision:
    runtime = routed.runtime.model_copy(update={"model": model})
    update = {"reason": "override", "override_ignored": ignored}
    return replace(routed, runtime=runtime, route=routed.route.model_copy(update=update))


def _route(
    table: RoutingTable,
    name: str,
    reason: _Reason,
    index: int | None = None,
    ignored: Literal["memory_flush"] | None = None,
) -> Route:
    # Every field is stated, because a job carries what is stated.
    return Route(
        name=name,
        index=index,
        table=table.digest,
        reason=reason,
        override_ignored=ignored,
        variant=None,
    )
