"""How a defence is taken out of the worker: that one, and no other."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Patch = pytest.MonkeyPatch
Removals = Mapping[str, Callable[[Patch], None]]
"""The name of a defence to what removes it: a mistake that a careful person could make."""


def wrap(patch: Patch, owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Have `around` called in a function's place, with the function before its arguments."""
    original = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        return around(original, *given, **named)

    patch.setattr(owner, name, wrapped)


def tidied(text: str) -> str:
    """As people would like an id to read: look-alikes made the same, what is invisible removed."""
    normal = unicodedata.normalize("NFKC", text).strip()
    return "".join(each for each in normal if unicodedata.category(each) != "Cf")
