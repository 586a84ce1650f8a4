"""A message that shows something: what it is, as far as it matters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.claim import PLATFORM, Claim, Clause, fulfilled, unfulfilled
from routing.context import IN_FULL
from routing.domain import axis_of, unasked
from routing.laws import Laws
from routing.possible import MISSING, Possible, judge
from routing.predicate import NotAll, Predicate, StartsWith, WithoutInstance
from routing.read_match import Match
from routing.search import Search, Steps, chosen, only_texts, possible
from routing.text_size import SIZES, real_size, words_asked

STEPS = 50_000
"""How much a search does before it is given up, unless it is told otherwise."""
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Witness:
    """Facts of a message. What is not among them is as `domain.unasked` says."""

    facts: Mapping[str, Possible]
    """Key to the fact: a text, another text than any that is named, or missing."""
    settled: Mapping[tuple[str, Predicate], bool]
    """(key, predicate) to whether it holds, where the fact is another text; else it does not."""
    exact: bool
    """False where it is not sure that a text can be all that is settled of it."""

    def holds(self, key: str, predicate: Predicate) -> bool:
        """Tell whether a fact is as a predicate wants it."""
        fact = self.facts.get(key) or unasked(key)
        if isinstance(predicate, NotAll):
            return fact == MISSING or not all(
                self.holds(key, each) for each in predicate.predicates
            )
        if isinstance(predicate, WithoutInstance):
            return self.holds(PLATFORM, predicate.predicate)
        judged = judge(predicate, fact)
        if judged is not None:
            return judged
        return any(_entails(claim, key, predicate) for claim in self.settled.items())

    def fulfils(self, match: Match) -> bool:
        """Tell whether the message has all that a match asks for."""
        return all(self.holds(condition.key, condition.predicate) for condition in match)

    def __str__(self) -> str:
        shown = {key: fact for key, fact in self.facts.items() if key != IN_FULL}
        return ", ".join(f"{key} {fact}" for key, fact in shown.items())

    @property
    def axes(self) -> frozenset[str]:
        return frozenset(map(axis_of, self.facts))


def find_witness(
    all_of: Sequence[Match],
    none_of: Sequence[Match],
    laws: Laws,
    steps: Steps | None = None,
) -> Witness | None:
    """Return a message that every match of `all_of` is for and none of `none_of`, None if none is.

    None is never wrong. A witness is a message that there can be where all conditions are equality,
    lists, `in`, `not` of those, `exists`, or comparisons of numbers, as far as `Laws` know what
    goes with what; limits that are no part of a table, such as that on hops, they do not know.
    Prefixes, suffixes, globs, regular expressions and times are taken as independent of each other,
    and then the witness may be no message at all (`exact` is false). Raises TooManySteps.
    """

    def fulfilled_by(witness: Witness) -> Iterable[Match]:
        return (match for match in none_of if witness.fulfils(match))

    return refine(all_of, fulfilled_by, laws, steps or Steps(STEPS))


def refine(
    all_of: Sequence[Match],
    objections: Callable[[Witness], Iterable[Match]],
    laws: Laws,
    steps: Steps,
) -> Witness | None:
    """Return a witness that nobody objects to, None if there is none. Raises TooManySteps.

    `objections` gives matches that a witness fulfils and must not. Only these are looked at, so
    that what a rule has nothing to do with costs nothing.
    """
    wanted = [clause for match in all_of for clause in fulfilled(match)]
    unwanted: dict[Match, Clause] = {}
    while True:
        witness = _first([*wanted, *unwanted.values()], laws, steps)
        if witness is None:
            return None
        found = False
        for count, match in enumerate(objections(witness)):
            found = True
            unwanted[match] = unfulfilled(match)
            if count == _AT_ONCE:
                break
        if not found:
            return witness


def _first(clauses: list[Clause], laws: Laws, steps: Steps) -> Witness | None:
    claims = {claim: None for clause in clauses for way in clause for claim in way}
    keys = {claim.key for claim in claims}
    platforms = only_texts(clauses).get(PLATFORM)
    known = laws.clauses(keys, words_asked(claims), platforms)
    every = [*known, *clauses, *_prefixes(claims, steps)]
    search = Search(every, steps)
    found = search.first()
    if found is None:
        return None
    choices = chosen(search, found).values()
    facts = {key: fact for chosen_facts, _ in choices for key, fact in chosen_facts.items()}
    facts.update(laws.implied(facts))
    facts.update(real_size(facts, *(possible(search, found, key) for key in SIZES)))
    return Witness(
        facts=facts,
        settled=found.claimed,
        exact=all(certain for _, certain in choices),
    )


def _prefixes(claims: Iterable[Claim], steps: Steps) -> Iterable[Clause]:
    """Yield which prefix follows from which."""
    asked = {claim[:2] for claim in claims if isinstance(claim.predicate, StartsWith)}
    steps.take(len(asked) ** 2 // 2)
    for one in asked:
        for other in asked:
            if one != other and _entails((one, True), *other):
                yield (Claim(*one, holds=False),), (Claim(*other),)


def _entails(claim: tuple[tuple[str, Predicate], bool], key: str, predicate: Predicate) -> bool:
    """Tell whether a predicate holds because another does, or the very same."""
    (other_key, other), holds = claim
    if not holds or key != other_key:
        return False
    if isinstance(other, StartsWith) and isinstance(predicate, StartsWith):
        return all(text.startswith(predicate.texts) for text in other.texts)
    return other == predicate
