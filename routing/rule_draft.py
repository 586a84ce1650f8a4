"""A rule before what it inherits is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts import Runtime
from routing.condition import Condition
from routing.rule import Rule
from routing.target import Target
from routing.target_draft import TargetDraft, VariantDraft


class Section(StrEnum):
    """Which part of the file a rule comes from, in effective order."""

    ROUTES = "routes"
    CHANNELS = "channel_overrides"
    PLATFORMS = "platforms"
    BY_SOURCE = "by_source"
    SIMPLE = "smart_model_routing"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What one entry of the file says."""

    name: str
    section: Section
    match: tuple[Condition, ...]
    target: TargetDraft
    line: int
    column: int
    split: tuple[VariantDraft, ...] = ()
    denies: bool = False
    enabled: bool = True
    note: str | None = None
    entry: str = ""
    """Its place in the file, such as `routes[0]`."""

    @property
    def identity(self) -> tuple[str, int, int]:
        """What its entry has alone: several rules may be of one entry, and an alias of YAML puts
        several entries in one place.
        """
        return self.entry, self.line, self.column

    def over(self, base: Target, runtimes: Mapping[str, Runtime], index: int) -> Rule:
        """Return the rule in its place."""
        draft = self.target.runtime
        target = self.target.over(base, runtimes)
        return Rule(
            name=self.name,
            index=index,
            match=self.match,
            target=target,
            stated=self.target.stated,
            line=self.line,
            heir_of="base" if draft.named is None else f"runtimes.{draft.named}",
            split=tuple(each.over(target, runtimes) for each in self.split),
            denies=self.denies,
            note=self.note,
            entry=self.entry,
        )
