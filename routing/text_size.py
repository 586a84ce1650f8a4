"""How many words a text has and how long it is: which numbers go together."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal

from routing.claim import Claim, Clause
from routing.domain import Facts, unasked
from routing.possible import Possible
from routing.predicate import AnyOf, Compares, NoneOf, as_number
from routing.simplicity import Simplicity

WORDS = "text.words"
LENGTH = "text.length"
SIZES = (WORDS, LENGTH)

_LARGEST = Decimal(10**45)  # more than any text has


def words_asked(claims: Iterable[Claim]) -> set[int]:
    """Return the numbers of words from which on another thing is asked than just below."""
    found: set[int] = set()
    for key, predicate, _ in claims:
        if key != WORDS:
            continue
        bounds: Iterable[Decimal | None] = ()
        if isinstance(predicate, Compares):
            bounds = (predicate.bound,)
        elif isinstance(predicate, AnyOf | NoneOf):
            bounds = map(as_number, predicate.values)
        for bound in bounds:
            if bound is not None and 0 <= bound < _LARGEST:
                floor = int(bound.to_integral_value(ROUND_FLOOR))
                found.update((floor, floor + 1))
    return found


def size_clauses(simplicity: Simplicity, words: Iterable[int]) -> Iterator[Clause]:
    """Yield how long a text of so many words is at least, and how many a simple one has."""
    most = min(simplicity.max_words, (simplicity.max_chars + 1) // 2)
    for count in sorted({1, most + 1, *words} - {0}):
        long_enough = Claim(LENGTH, Compares("gte", Decimal(_shortest(count))))
        yield (Claim(WORDS, Compares("lt", Decimal(count))),), (long_enough,)
    simple = Claim("text.simple", NoneOf(frozenset({"true"})))
    yield (simple,), (Claim(WORDS, Compares("gte", Decimal(1))),)
    yield (simple,), (Claim(WORDS, Compares("lte", Decimal(most))),)


def real_size(facts: Facts, words: Sequence[Possible], lengths: Sequence[Possible]) -> Facts:
    """Return the two sizes of a text, where those in `facts` are none that a text has.

    `words` and `lengths` are what each may be as well, empty where nothing is asked of it. That
    the fewest words fit in the greatest length is what `size_clauses` see to.
    """
    asked = [key for key in SIZES if key in facts]
    sizes = {key: (facts.get(key) or unasked(key)).text for key in SIZES}
    if not asked or None in sizes.values():
        return {}
    count, length = (int(sizes[key] or 0) for key in SIZES)
    if length >= _shortest(count):
        return {}
    if WORDS not in facts:
        return {WORDS: Possible(str(min(length, 1)))}
    if LENGTH not in facts:
        return {LENGTH: Possible(str(_shortest(count)))}
    fewest = min(_numbers(words), default=count)
    return {
        WORDS: Possible(str(fewest)),
        LENGTH: Possible(str(max(_numbers(lengths), default=length))),
    }


def _shortest(words: int) -> int:
    """Return the length of as many words of one character."""
    return max(2 * words - 1, 0)


def _numbers(sizes: Iterable[Possible]) -> list[int]:
    return [int(size.text) for size in sizes if size.text is not None]
