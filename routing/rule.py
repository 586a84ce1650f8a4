"""One entry of the routing table."""

from dataclasses import dataclass

from contracts import Runtime
from routing.condition import Condition
from routing.target import Target, Variant

_BASE = "base"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in its place. It matches when every condition of `match` holds."""

    name: str
    """What people call it: its own name, else `routes[0]`, `platforms.hub`, `by_source.owner`."""
    index: int
    """Its place in the effective order, from 0."""
    match: tuple[Condition, ...]
    """In the order written."""
    target: Target
    stated: frozenset[str]
    """The fields of the runtime and of the target this rule set itself; the others are inherited.
    """
    line: int
    """Where it stands in the file, from 1."""
    heir_of: str = _BASE
    """What the fields that it did not state come from: `base`, or `runtimes.<name>`."""
    split: tuple[Variant, ...] = ()
    """Where its conversations are shared out; none where all go to `target`."""
    denies: bool = False
    """Whether what it matches becomes no turn at all."""
    note: str | None = None
    """What the table's author says of it."""
    entry: str = ""
    """Its place in the file, whatever its name: `routes[0]`; empty for a rule of no file."""

    @property
    def runtime(self) -> Runtime:
        """The whole runtime: this rule's fields laid over what it inherits."""
        return self.target.runtime

    @property
    def targets(self) -> tuple[Target, ...]:
        """Its own target and those of its variants; none if it denies."""
        if self.denies:
            return ()
        return (self.target, *(variant.target for variant in self.split))

    def origin(self, field: str, variant: Variant | None = None) -> str:
        """Return what set a field of a target: `RULE/VARIANT`, a rule, `runtimes.<name>`, `base`.

        What an empty field is inherited from is as empty.
        """
        of_runtime = field in Runtime.model_fields
        if variant is not None:
            if field in variant.stated:
                return f"{self.name}/{variant.name}"
            if of_runtime and variant.heir_of is not None:
                return variant.heir_of
        if field in self.stated:
            return self.name
        return self.heir_of if of_runtime else _BASE
