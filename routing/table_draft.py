"""What a file says of routing, before it is put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts import Runtime, SourceKind
from routing.node import Place
from routing.override_policy import OverridePolicy
from routing.people import People
from routing.read_model import ModelBlock
from routing.rule_draft import RuleDraft
from routing.simplicity import Simplicity


@dataclass(frozen=True, slots=True)
class TableDraft:
    """The sections of a table that rules and people stand in."""

    block: ModelBlock
    rules: tuple[RuleDraft, ...]
    """In effective order."""
    people: People
    simplicity: Simplicity
    runtimes: Mapping[str, Runtime]
    overrides: Mapping[SourceKind, OverridePolicy]
    models: frozenset[str]
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where `overrides.<kind>`, `models.<model>` and `model.<key>` stand, where they do."""
