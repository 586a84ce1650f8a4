"""What counts as a simple message: short, plain, and no word of work in it."""

import string
from dataclasses import dataclass

_LINKS = ("http://", "https://", "www.")
_WORK = frozenset(
    (
        "debug debugging implement implementation refactor patch traceback stacktrace exception"
        " error analyze analysis investigate architecture design compare benchmark optimize"
        " optimise review terminal shell tool tools pytest test tests plan planning delegate"
        " subagent cron docker kubernetes"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Simplicity:
    """The most that a simple message may have of either."""

    max_chars: int = 160
    max_words: int = 28


USUAL = Simplicity()


def is_simple(text: str, limits: Simplicity) -> bool:
    """Tell whether a text is simple; an empty one is not."""
    text = text.strip()
    if not text or len(text) > limits.max_chars or text.count("\n") > 1 or "`" in text:
        return False
    lowered = text.lower()
    words = lowered.split()
    if len(words) > limits.max_words or any(link in lowered for link in _LINKS):
        return False
    return _WORK.isdisjoint(word.strip(string.punctuation) for word in words)
