"""What keys are called in messages, where nobody should have put one."""

from functools import lru_cache

_NAMES = frozenset({"apikey", "token", "secret", "password"})
_SEPARATORS = str.maketrans("", "", "_-")
_REMEMBERED = 64


def is_secret_name(name: str) -> bool:
    """Whether what has this name is masked: in any case, with `_`, `-` or nothing between words."""
    # The same few names come with every message; a long one is nobody's to keep in memory.
    return _remembered(name) if len(name) <= _REMEMBERED else _judged(name)


def _judged(name: str) -> bool:
    return name.translate(_SEPARATORS).lower() in _NAMES


_remembered = lru_cache(maxsize=1024)(_judged)
