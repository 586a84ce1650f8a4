"""Which settings outside the rules anything comes of, in either of two tables."""

from dataclasses import dataclass
from functools import cached_property

from contracts import SourceKind
from routing.laws import Laws
from routing.override_policy import OverridePolicy
from routing.people import CRON, TERMINAL
from routing.rule import Rule
from routing.table import RoutingTable


@dataclass(frozen=True)
class Heard:
    """What two tables listen to. What is in doubt is listened to."""

    old: RoutingTable
    new: RoutingTable

    @cached_property
    def kinds(self) -> frozenset[SourceKind]:
        """The source kinds whose override policy some message comes under."""
        # Peers' policy binds whoever is on their platforms and says that it is a stranger, too.
        peers = any(table.hub_platforms for table in self._tables)
        return frozenset(kind for kind in SourceKind if peers or kind is not SourceKind.HUB_PEER)

    @cached_property
    def policies(self) -> frozenset[OverridePolicy]:
        """What overrides may name."""
        return frozenset(table.overrides[kind] for table in self._tables for kind in self.kinds)

    @cached_property
    def owning(self) -> frozenset[str]:
        """The platforms where a home channel or a listed id makes somebody an owner."""
        every = (Laws.of(table).people.owner_platforms for table in self._tables)
        return frozenset[str]().union(*every) - {TERMINAL}

    def forgery(self, platform: str) -> bool:
        """Tell whether it matters that ids can be forged on a platform."""
        if all(platform in table.signing_keys for table in self._tables):
            return False  # they cannot be
        return self._may_own(platform) or any(
            _asks_who(rule, platform) for table in self._tables for rule in table.rules
        )

    @cached_property
    def what_is_simple(self) -> bool:
        """Whether a rule asks if a text is simple."""
        return any(
            condition.key == "text.simple"
            for table in self._tables
            for rule in table.rules
            for condition in rule.match
        )

    @property
    def _tables(self) -> tuple[RoutingTable, RoutingTable]:
        return self.old, self.new

    def _may_own(self, platform: str) -> bool:
        # Where every message has another kind anyway, nobody is asked for an id.
        if platform in {CRON, TERMINAL}:
            return False
        return any(
            platform not in table.hub_platforms
            and (platform in table.home_channels or bool(table.owners.get(platform)))
            for table in self._tables
        )


def _asks_who(rule: Rule, platform: str) -> bool:
    elsewhere = any(each.key == "platform" and not each.holds(platform) for each in rule.match)
    return not elsewhere and any(each.key == "user_id" for each in rule.match)
