"""Keys among the words of a command line."""

import re

from routing.secret_name import may_be_secret

# What the machine that runs it puts in is no key here: `"$KEY"`, also behind `Bearer`.
_VALUE = r"""["']?+(?:Bearer\s+)?+["']?+(?=[^\s"'$])"""
_ASSIGNED = re.compile(rf"(?<![\w.-])(-*[A-Za-z_][\w.-]*)={_VALUE}")
# No single word: `password: …` may be part of a sentence.
_HEADER = re.compile(
    rf"(?<![\w-])((?:[A-Za-z]+-)+[A-Za-z]+|Authorization):\s*{_VALUE}", re.IGNORECASE
)
_OPTION = re.compile(rf"(?<!\S)(--?[A-Za-z][\w-]*)\s+(?!-){_VALUE}")


def passed_key(word: str) -> str | None:
    """Return by what name a word of a command line passes a key on; None if it passes none.

    Such as `API_KEY=…`, `--api-key=…` and `Authorization: Bearer …`.
    """
    return _secret_name(word, _ASSIGNED, _HEADER)


def key_in_command(line: str) -> str | None:
    """Return the same for a whole line, in which a key may also follow its option."""
    return _secret_name(line, _ASSIGNED, _HEADER, _OPTION)


def _secret_name(text: str, *patterns: re.Pattern[str]) -> str | None:
    names = (found[1] for pattern in patterns for found in pattern.finditer(text))
    return next(filter(may_be_secret, names), None)
