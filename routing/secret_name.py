"""What keys are called in messages, where nobody should have put one."""

from collections.abc import Iterable

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


def is_secret_name(name: str) -> bool:
    """Whether what has this name is masked: in any case, with `_`, `-` or nothing between words."""
    return _plain(name) in _NAMES


def secret_names(names: Iterable[str]) -> list[str]:
    """Return those of the names that `is_secret_name` holds of."""
    # As `_plain` does it, but without a call for each of fifty thousand.
    return [name for name in names if name.replace("_", "").replace("-", "").lower() in _NAMES]


def may_be_secret(name: str) -> bool:
    """Whether what has this name looks like a key, such as `access_token` or `X-Api-Key`.

    Wider than what is masked in messages: a table must not put any of these into a job.
    """
    plain = _plain(name)
    return plain in _NAMES or plain.endswith(_ENDINGS)


def _plain(name: str) -> str:
    # Four times as fast as `translate`, and a message may have fifty thousand names.
    return name.replace("_", "").replace("-", "").lower()
