"""Where the turns of a rule go."""

from dataclasses import dataclass

from contracts import Runtime


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime, and how its turns get there."""

    runtime: Runtime
    """Whole: what the entry stated, laid over what it inherits."""
    fallbacks: tuple[Runtime, ...] = ()
    """What to try next, in order."""
    queue: str | None = None
    """Without the deployment's prefix; None for the model's own queue."""
    priority: int | None = None
    """0 to 255; None for a message without one."""
    expires_in: float | None = None
    """Seconds from its receipt until nobody wants the turn any more."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the ways in which a rule's conversations are split."""

    name: str
    """What the table calls it, else its place in the list."""
    weight: int
    target: Target
    stated: frozenset[str]
    """The fields of the runtime and of the target that it set itself."""
    heir_of: str | None = None
    """What the runtime is laid over: `runtimes.<name>`, or None for the rule's own."""
