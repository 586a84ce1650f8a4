"""A rule before its base is known."""

from dataclasses import dataclass
from enum import StrEnum

from contracts import Runtime
from routing.read_match import Pairs
from routing.rule import Rule
from routing.runtime_fields import RuntimeFields


class Origin(StrEnum):
    """Which part of the file a rule comes from, in effective order."""

    ROUTES = "routes"
    PLATFORMS = "platforms"
    BY_SOURCE = "by_source"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What one entry of the file says."""

    name: str
    origin: Origin
    match: Pairs
    fields: RuntimeFields
    line: int
    column: int

    def over(self, base: Runtime, index: int) -> Rule:
        """Return the rule in its place."""
        runtime = self.fields.over(base)
        return Rule(self.name, index, self.match, runtime, self.fields.stated, self.line)
