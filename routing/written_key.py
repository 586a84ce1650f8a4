"""Tells a key by its looks, or by what stands before it, wherever somebody wrote it."""

import re

_BEGINNINGS = (
    r"(?:(?:sk|pk|rk|gsk|xai|nvapi|pplx|r8|hf|ghp|gho|ghs|xox[abprs])[-_]|github_pat_|glpat-"
    r"|AIza|AKIA|ASIA|eyJ|ya29[.]|Bearer\s)"
)
_PREFIXES = re.compile(rf"(?:^|[\s\"',(]|:-){_BEGINNINGS}\S+")
# With a longer word in it than the names of models that begin alike.
_LONG = re.compile(rf"(?<![A-Za-z0-9]){_BEGINNINGS}[\w.~+/=-]*?[A-Za-z0-9]{{16,}}[\w.~+/=-]*")
# `api_key:…` without its space reads as one long name with a key in it.
_AFTER_ITS_NAME = re.compile(
    r"((?:key|token|secret|password)(?:\s*[:=]|\s)).+", re.IGNORECASE | re.DOTALL
)


def looks_like_key(text: str) -> bool:
    """Whether the text, or a word in it, begins as keys of well-known services do."""
    return _PREFIXES.search(text.strip()) is not None


def without_written_key(name: str) -> str:
    """Return a name from a file with `…` for a key in it."""
    return _LONG.sub("…", _AFTER_ITS_NAME.sub(r"\1…", name))
