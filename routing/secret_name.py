"""What keys are called in messages, where nobody should have put one."""

from functools import lru_cache

_NAMES = frozenset({"apikey", "token", "secret", "password"})
# Not every `…token` is a key: models have tokens of their own, such as `eos_token`.
_ENDINGS = (
    "apikey",
    "secret",
    "password",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "accesstoken",
    "apitoken",
    "authtoken",
    "bearertoken",
    "refreshtoken",
    "sessiontoken",
    "accesskey",
    "privatekey",
    "secretkey",
)
_SEPARATORS = str.maketrans("", "", "_-")
_REMEMBERED = 64


def is_secret_name(name: str) -> bool:
    """Whether what has this name is masked: in any case, with `_`, `-` or nothing between words."""
    # The same few names come with every message; a long one is nobody's to keep in memory.
    return _remembered(name) if len(name) <= _REMEMBERED else _judged(name)


def may_be_secret(name: str) -> bool:
    """Whether what has this name looks like a key, such as `access_token` or `X-Api-Key`.

    Wider than what is masked in messages: a table must not put any of these into a job.
    """
    plain = name.translate(_SEPARATORS).lower()
    return plain in _NAMES or plain.endswith(_ENDINGS)


def _judged(name: str) -> bool:
    return name.translate(_SEPARATORS).lower() in _NAMES


_remembered = lru_cache(maxsize=1024)(_judged)
