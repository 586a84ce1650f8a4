"""One entry of the routing table."""

from dataclasses import dataclass

from contracts import Runtime


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in its place. It matches when every key of `match` is present and equal as text."""

    name: str
    """What people call it: `routes[0]`, `platforms.hub`, `by_source.owner`."""
    index: int
    """Its place in the effective order, from 0."""
    match: tuple[tuple[str, str], ...]
    """(context key, text) pairs, in the order written."""
    runtime: Runtime
    """The whole runtime: this rule's fields laid over the base's."""
    stated: frozenset[str]
    """The runtime fields this rule set itself; the others are inherited from the base."""
    line: int
    """Where it stands in the file, from 1."""
