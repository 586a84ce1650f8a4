"""What somebody may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_LONGEST = 40


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return "did you mean `x`?" for the nearest of the known words, or None."""
    nearest = _nearest(word[:_LONGEST], tuple(known))
    return None if nearest is None else f"did you mean `{nearest}`?"


# A typo repeated in ten thousand rules is looked up once.
@lru_cache(maxsize=256)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    plain = {name.replace("_", ""): name for name in known}
    found = get_close_matches(word.lower().replace("_", "").replace("-", ""), plain, n=1)
    return plain[found[0]] if found else None


def one_of(known: Iterable[str]) -> str:
    """Return "`a`, `b` or `c`"."""
    *rest, last = (f"`{name}`" for name in known)
    return f"{', '.join(rest)} or {last}" if rest else last
