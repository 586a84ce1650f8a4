"""The part of a runtime that one entry of a table states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from contracts import Runtime
from routing.node import Place

_NO_PLACES: Mapping[str, Place] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RuntimeFields:
    """Runtime field to value, for those with an opinion only."""

    values: Mapping[str, Any]
    places: Mapping[str, Place] = field(default_factory=lambda: _NO_PLACES)
    """Where each of them stands."""

    @property
    def stated(self) -> frozenset[str]:
        return frozenset(self.values)

    def over(self, base: Runtime) -> Runtime:
        """Return the base with these fields laid over it; what is missing here is inherited."""
        return base.model_copy(update=dict(self.values))

    def whole(self) -> Runtime | None:
        """Return these fields as a runtime of their own, or None if there is no model."""
        if "model" not in self.values:
            return None
        # Every field is stated, null or not: a job carries all of them.
        return Runtime.model_validate(
            {name: self.values.get(name) for name in Runtime.model_fields}
        )
