"""The routing table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contracts import Runtime, SourceKind
from routing.home_channel import HomeChannel
from routing.limit import USUAL_LIMITS, Limits
from routing.override_policy import OverridePolicy
from routing.rule import Rule
from routing.simplicity import USUAL, Simplicity
from routing.target import Target
from routing.trust import Trust


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Everything a decision depends on, checked whole before it is used.

    Platforms are named without their instance everywhere but in a rule's `match`.
    """

    digest: str
    """First 12 hex of the sha256 of the file's bytes."""
    base: Runtime
    rules: tuple[Rule, ...]
    """In effective order: those that deny, routes, channel overrides, platforms, by_source, the
    simple messages."""
    runtimes: Mapping[str, Runtime]
    """Bundles an override may name; taken whole, they inherit nothing."""
    models: frozenset[str]
    """Models that anyone's override may name."""
    overrides: Mapping[SourceKind, OverridePolicy]
    """Complete: one entry for every source kind."""
    hub_platforms: frozenset[str]
    home_channels: Mapping[str, HomeChannel]
    owners: Mapping[str, frozenset[str]]
    publishers: Mapping[str, frozenset[str]]
    """Per platform that lists any: the broker users that may publish for it."""
    signing_keys: Mapping[str, Mapping[str, str]]
    """Per platform that lists any: key id to the reference to a key. Its messages are signed with
    one of them."""
    spoofable_platforms: frozenset[str]
    shared_groups: bool
    """`group_conversations: shared`: a group is one conversation, not one per participant."""
    trust: Trust
    platforms: frozenset[str]
    """Every platform that gets an exchange: named anywhere in the file, and `cron` and `cli`."""
    isolated_platforms: frozenset[str] = frozenset()
    """`isolated`: platforms whose messages wait in a queue of their own, not among all others'."""
    fallbacks: tuple[Runtime, ...] = ()
    """What to try after the base."""
    simplicity: Simplicity = USUAL
    """What counts as a simple message here."""
    disabled: tuple[str, ...] = ()
    """The names of the rules that are switched off, and not among the others."""
    limits: Limits = field(default_factory=lambda: USUAL_LIMITS)
    """How often some may write."""

    @property
    def base_target(self) -> Target:
        """Where a turn goes that no rule matches."""
        return Target(self.base, self.fallbacks)

    @property
    def known_models(self) -> frozenset[str]:
        """Every model that stands in the table, so that a job can be for it: one queue each."""
        known = {runtime.model for runtime in self.runtimes.values()} | self.models
        for target in self._targets():
            known.update(runtime.model for runtime in (target.runtime, *target.fallbacks))
        return frozenset(known)

    @property
    def route_names(self) -> frozenset[str]:
        """Every name that a job's route can have."""
        rules = {rule.name for rule in self.rules}
        return frozenset(rules | {f"runtimes.{name}" for name in self.runtimes} | {"base"})

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that a rule names instead of its model's own, without any prefix."""
        return frozenset(target.queue for target in self._targets() if target.queue is not None)

    def label(self, platform: str) -> str:
        """Return the platform as a metric names it: `other` if this table does not know it."""
        return platform if platform in self.platforms else "other"

    @property
    def denials(self) -> int:
        """How many of the rules, the first ones, deny."""
        return sum(rule.denies for rule in self.rules)

    def _targets(self) -> Iterator[Target]:
        yield self.base_target
        for rule in self.rules:
            yield from rule.targets
