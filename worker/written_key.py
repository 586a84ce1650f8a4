"""Tells a key by its looks, wherever somebody wrote it."""

import re

_PREFIXES = re.compile(
    r"(?:^|[\s\"',(]|:-)"
    r"(?:(?:sk|pk|rk|gsk|xai|nvapi|pplx|r8|hf|ghp|gho|ghs|xox[abprs])[-_]|github_pat_|glpat-"
    r"|AIza|AKIA|ASIA|eyJ|ya29[.]|Bearer\s)\S+",
)


def looks_like_key(text: str) -> bool:
    """Whether the text, or a word in it, begins as keys of well-known services do."""
    return _PREFIXES.search(text.strip()) is not None
