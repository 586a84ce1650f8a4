"""Several matches as one, in as few words as say the same."""

from collections.abc import Sequence

from routing.condition import Condition
from routing.predicate import AnyOf
from routing.read_match import Match


def unite(matches: Sequence[Match]) -> Match:
    """Return what all of these ask for together.

    Lists of texts about one key become what they have in common; what is asked twice is said once.
    """
    united: dict[object, Condition] = {}
    for match in matches:
        for condition in match:
            listed = isinstance(condition.predicate, AnyOf)
            label = condition.key if listed else condition
            known = united.get(label)
            united[label] = condition if known is None else _both(known, condition)
    return tuple(united.values())


def _both(known: Condition, other: Condition) -> Condition:
    if not isinstance(known.predicate, AnyOf) or not isinstance(other.predicate, AnyOf):
        return known
    if known.predicate.values <= other.predicate.values:
        return known
    if other.predicate.values <= known.predicate.values:
        return other
    common = known.predicate.values & other.predicate.values
    return Condition(known.key, AnyOf(common), " or ".join(sorted(common)))
