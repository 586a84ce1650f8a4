"""The variables that an imported table refers to."""

import re
from dataclasses import dataclass

from routing.expand import NAME
from routing.problem import Placed

_OTHER = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that has to be set."""

    name: str
    line: int
    """Where what it stands for was first found in the source."""
    was: str
    """What it stands for, as a path of the source."""
    is_key: bool
    """Whether it is a key: only runners need that."""


class Variables:
    """Gives every key of the source a name, one name for the same key.

    `reserved` are the names that the source uses itself.
    """

    def __init__(self, reserved: frozenset[str]) -> None:
        self._reserved = reserved
        self._variables: dict[str, Variable] = {}
        self._by_text: dict[str, str] = {}

    @property
    def all(self) -> tuple[Variable, ...]:
        return tuple(self._variables.values())

    def known(self, name: str, place: Placed, path: str, *, is_key: bool = True) -> str:
        """Return the reference to a variable that has its name already."""
        found = self._variables.get(name)
        if found is None or (is_key and not found.is_key):
            self._variables[name] = Variable(name, place.line, path, is_key)
        return f"${{{name}}}"

    def new(
        self, text: str, place: Placed, path: str, *, is_key: bool = True, wanted: str = ""
    ) -> str:
        """Return the reference to a variable for a text that must not be copied.

        It is called as `wanted` says, else after its place.
        """
        name = self._by_text.get(text)
        if name is None:
            name = self._free(_OTHER.sub("_", wanted or path).strip("_").upper() or "API_KEY")
            self._by_text[text] = name
        return self.known(name, place, path, is_key=is_key)

    def _free(self, wanted: str) -> str:
        wanted = wanted if NAME.fullmatch(wanted) else f"KEY_{wanted}"
        name, count = wanted, 1
        while name in self._variables or name in self._reserved:
            count += 1
            name = f"{wanted}_{count}"
        return name
