"""Variables in the values of a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
NAME = re.compile(_NAME)
_VARIABLE = re.compile(rf"(\$\$\{{)|\$\{{({_NAME})(?::-([^{{}}]*))?\}}|\$\{{")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a variable cannot stand as it does; never with a value in it."""

    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Expanded:
    """A text with its variables filled in, or what is wrong with them."""

    text: str = field(repr=False)
    """Not shown: a variable may hold a secret."""
    complaints: tuple[Complaint, ...] = ()


def expand(text: str, environ: Mapping[str, str]) -> Expanded:
    """Fill in `${NAME}` and `${NAME:-default}`; the default stands for unset and for empty.

    A variable that is not set, or empty, is a complaint where it has no default: `${NAME:-}` says
    that empty is meant. `$${` is a plain `${`; any other `$` is itself. What a variable holds is
    text, and is not looked into again.
    """
    if "${" not in text:
        return Expanded(text)
    complaints: list[Complaint] = []

    def fill(found: re.Match[str]) -> str:
        escaped, name, default = found.groups()
        if escaped is not None:
            return "${"
        if name is None:
            complaints.append(_MALFORMED)
            return ""
        if (value := environ.get(name)) and not _is_text(value):
            complaints.append(Complaint(f"`${{{name}}}` does not hold UTF-8 text"))
        elif not value and default is None:
            state = "not set" if value is None else "empty"
            hint = f"set it, or give a default: `${{{name}:-…}}`"
            complaints.append(Complaint(f"`${{{name}}}` is {state}", hint))
        return value or default or ""

    return Expanded(_VARIABLE.sub(fill, text), tuple(complaints))


def _is_text(value: str) -> bool:
    # Bytes of the environment that are not UTF-8 arrive as halves of UTF-16 pairs.
    return not any("\ud800" <= char <= "\udfff" for char in value)


_MALFORMED = Complaint(
    "`${` does not begin a variable here",
    "write `${NAME}` or `${NAME:-default}`, or `$${` for the characters themselves",
)
