"""What a message chooses for itself, and whether it may."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, Self

from contracts import Override
from routing.override_policy import OverridePolicy

Refusal = Literal["unknown", "not_listed", "closed"]
"""Why a name is not obeyed: the table does not know it; this sender may not name it; this sender
may name nothing."""

_ONLY_FROM_THE_TABLE = (
    "provider",
    "base_url",
    "api_mode",
    "command",
    "args",
    "params",
    "credential",
    "api_key",
    "api_key_env",
    "api_key_file",
)
_NO_OPINION: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the `override` of a message asks for. Empty values have no opinion."""

    runtime: str | None = None
    model: str | None = None
    ignored_fields: tuple[str, ...] = ()
    """Other fields of a runtime that it states: those come only from the table."""

    @classmethod
    def of(cls, override: Override | None) -> Self:
        if override is None:
            return cls()
        stated = override.model_extra or {}
        ignored = (name for name in _ONLY_FROM_THE_TABLE if stated.get(name) not in _NO_OPINION)
        return cls(override.runtime or None, override.model or None, tuple(ignored))

    @property
    def names_something(self) -> bool:
        return self.runtime is not None or self.model is not None


def refusal(
    name: str,
    policy: OverridePolicy,
    known: AbstractSet[str],
    listed: AbstractSet[str] = frozenset(),
) -> Refusal | None:
    """Return why a message may not name this runtime or model, None if it may.

    `known` are the names in the table, `listed` those of them that the policy `listed` allows: of
    runtimes, none.
    """
    if policy is OverridePolicy.NONE:
        return "closed"
    if name not in known:
        return "unknown"
    if policy is OverridePolicy.LISTED and name not in listed:
        return "not_listed"
    return None
