"""What is the same about details that differ in a name or a number."""

import re
from hashlib import sha256

_HEX = 8  # digits: enough to tell some thousand kinds of problem apart
_MOST = 500
# In this order: what is quoted goes whole, whatever is in it. In backticks are our own names.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ID = re.compile(
    r"\b(?=[\w-]*\d)[0-9a-f]{8}[0-9a-f-]{8,}\b|\b(?=\w*\d)(?=\w*[a-z])\w{12,}\b", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def kind_of(detail: str) -> str:
    """Return a detail with `…` for each quoted value, id and number in it."""
    text = _QUOTED.sub("…", detail[:_MOST])
    return _NUMBER.sub("…", _ID.sub("…", text))


def fingerprint(reason: str, detail: str) -> str:
    """Return eight hex digits, the same for letters that died of the same kind of problem."""
    whole = f"{reason}\n{kind_of(detail)}".encode("utf-8", "replace")
    return sha256(whole).hexdigest()[:_HEX]
