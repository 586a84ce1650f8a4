"""One entry of the routing table."""

from dataclasses import dataclass

from contracts import Runtime
from routing.condition import Condition
from routing.target import Target, Variant


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
    """The runtime fields this rule set itself; the others are inherited."""
    line: int
    """Where it stands in the file, from 1."""
    heir_of: str = "base"
    """What the fields that it did not state come from: `base`, or `runtimes.<name>`."""
    split: tuple[Variant, ...] = ()
    """Where its conversations are shared out; none where all go to `target`."""
    denies: bool = False
    """Whether what it matches becomes no turn at all."""
    note: str | None = None
    """What the table's author says of it."""

    @property
    def runtime(self) -> Runtime:
        """The whole runtime: this rule's fields laid over what it inherits."""
        return self.target.runtime

    @property
    def targets(self) -> tuple[Target, ...]:
        """Everywhere its turns may go; nowhere if it denies them."""
        if self.denies:
            return ()
        return tuple(variant.target for variant in self.split) or (self.target,)
