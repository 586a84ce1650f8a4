"""Which messages two tables send elsewhere, as far as their rules say it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.context import IN_FULL
from routing.domain import unasked
from routing.laws import Laws
from routing.outcome import Move, outcome_of_base, outcome_of_rule
from routing.read_match import Match, equals
from routing.rule import Rule
from routing.rule_pairs import Pair, chosen_by, rule_pairs
from routing.search import Steps, TooManySteps
from routing.table import RoutingTable
from routing.unite import unite
from routing.witness import Witness, find_witness

_SHOWN = 20
_STEPS = 20_000
_LOOKED_AT = 50
"""Of so many rules one is sure to take something, or people do not mind that none does."""
_FLUSH = equals("purpose", "memory_flush")


@dataclass(frozen=True, slots=True)
class Region:
    """Messages that go elsewhere: those that one rule decided, and another one decides now."""

    old: Rule | None
    """None for the base."""
    new: Rule | None
    match: Match
    """What both ask for, without what earlier rules take of it."""
    example: Mapping[str, str]
    """Facts of one of these messages that the rules ask for: a text, `none`, or `another text` than
    the tables name."""
    certain: bool
    """False where it is not sure that there is such a message."""
    cut: bool
    """Whether earlier rules take some of what `match` asks for; true where it is in doubt."""

    @property
    def places(self) -> tuple[int | None, int | None]:
        """Where the two rules stand in the effective order of their tables."""
        old, new = self.old, self.new
        return old.index if old else None, new.index if new else None


@dataclass(slots=True)
class RegionGroup:
    """The messages that go from one outcome to the same other one."""

    move: Move
    count: int = 0
    regions: list[Region] = field(default_factory=list)
    """The first few."""

    def add(self, region: Region) -> None:
        """Count a region."""
        self.count += 1
        if len(self.regions) < _SHOWN:
            self.regions.append(region)


@dataclass(frozen=True, slots=True)
class Difference:
    """What two tables decide differently."""

    groups: Sequence[RegionGroup]
    """In the order of the old table's rules."""
    complete: bool
    """False where there was so much that the search was ended."""

    @property
    def is_none(self) -> bool:
        """Whether it is sure that nothing goes elsewhere."""
        return self.complete and not self.groups


def difference(old: RoutingTable, new: RoutingTable, most_pairs: int = 10_000) -> Difference:
    """Return where messages of the same facts go elsewhere.

    Nothing is missed, unless `complete` is false; more than there is may be found only where a
    region is not certain. That the same message may have other facts by the new table, such as
    another source kind, is for `changed_settings` to tell.
    """
    groups: dict[Move, RegionGroup] = {}
    found: set[tuple[int | None, int | None]] = set()
    searched = 0
    for comparison in _comparisons(old, new):
        for pair in comparison.pairs():
            if searched == most_pairs:
                return Difference(list(groups.values()), complete=False)
            searched += 1
            region = comparison.region(pair)
            if region is not None and region.places not in found:
                found.add(region.places)
                move = comparison.move(pair)
                groups.setdefault(move, RegionGroup(move)).add(region)
    return Difference(list(groups.values()), complete=True)


def _comparisons(old: RoutingTable, new: RoutingTable) -> Iterator["_Comparison"]:
    yield _Comparison(old, new, old.rules, new.rules, Laws.of(new), ())
    # Of rules, a memory flush meets only those that deny it; a hub peer's is one of those above.
    denying = old.rules[: old.denials], new.rules[: new.denials]
    if any(denying):
        laws = Laws.of(new, flushes=True, peers_flush=False)
        yield _Comparison(old, new, *denying, laws, (_FLUSH,))


class _Comparison:
    """Two lists of rules, each over its table's base."""

    def __init__(
        self,
        old: RoutingTable,
        new: RoutingTable,
        old_rules: Sequence[Rule],
        new_rules: Sequence[Rule],
        laws: Laws,
        also: Match,
    ) -> None:
        self._old: Sequence[Rule | None] = (*old_rules, None)
        self._new: Sequence[Rule | None] = (*new_rules, None)
        self._old_matches = [rule.match for rule in old_rules]
        self._new_matches = [rule.match for rule in new_rules]
        self._old_outcomes = [*map(outcome_of_rule, old_rules), outcome_of_base(old)]
        self._new_outcomes = [*map(outcome_of_rule, new_rules), outcome_of_base(new)]
        self._laws = laws
        self._also = also

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs of rules worth a search."""
        return rule_pairs(
            self._old_matches, self._new_matches, self._old_outcomes, self._new_outcomes
        )

    def move(self, pair: Pair) -> Move:
        """Return from where to where the messages of a pair go."""
        old, new = self._old_outcomes[pair.old], self._new_outcomes[pair.new]
        return Move(old, new, old.changed(new))

    def region(self, pair: Pair) -> Region | None:
        """Return the messages that both rules of a pair are the first to match, None if none."""
        rules = self._old[pair.old], self._new[pair.new]
        asked = [*(rule.match for rule in rules if rule is not None), self._also]
        earlier = dict.fromkeys(
            (
                *chosen_by(pair.old_before, self._old_matches),
                *chosen_by(pair.new_before, self._new_matches),
            )
        )
        try:
            witness = find_witness(asked, tuple(earlier), self._laws, Steps(_STEPS))
        except TooManySteps:
            return Region(*rules, unite(asked), {}, certain=False, cut=True)
        if witness is None:
            return None
        example = _example(witness, (*asked, *earlier))
        cut = self._is_cut(asked, tuple(earlier))
        return Region(*rules, unite(asked), example, witness.exact, cut)

    def _is_cut(self, asked: Sequence[Match], earlier: Sequence[Match]) -> bool:
        steps = Steps(_STEPS)
        try:
            return len(earlier) > _LOOKED_AT or any(
                find_witness([*asked, match], (), self._laws, steps) for match in earlier
            )
        except TooManySteps:
            return True


def _example(witness: Witness, matches: Iterable[Match]) -> dict[str, str]:
    """Return the facts of a message that somebody asks for, or that have to be as they are."""
    asked = dict.fromkeys(each.key for match in matches for each in match)
    facts = {key: fact for key, fact in witness.facts.items() if key in asked or fact.text}
    for key in asked:
        facts.setdefault(key, unasked(key))
    return {key: str(fact) for key, fact in facts.items() if key != IN_FULL}
