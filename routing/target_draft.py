"""A target before what it inherits is known."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts import Runtime
from routing.runtime_fields import RuntimeFields
from routing.target import Target, Variant


@dataclass(frozen=True, slots=True)
class RuntimeDraft:
    """Runtime fields, and the named runtime they are laid over, if any."""

    fields: RuntimeFields
    named: str | None = None

    def over(self, inherited: Runtime, runtimes: Mapping[str, Runtime]) -> Runtime:
        """Return the whole runtime. A named one is taken whole: nothing is inherited then."""
        below = inherited if self.named is None else runtimes[self.named]
        return self.fields.over(below)


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """What one entry says of where its turns go; None and () are no opinion."""

    runtime: RuntimeDraft
    fallbacks: tuple[RuntimeDraft, ...] = ()
    queue: str | None = None
    priority: int | None = None
    expires_in: float | None = None

    @property
    def stated(self) -> frozenset[str]:
        """Return the names of the fields that have an opinion, those of the runtime included."""
        own = {
            "fallbacks": self.fallbacks or None,
            "queue": self.queue,
            "priority": self.priority,
            "expires_in": self.expires_in,
        }
        stated = {name for name, value in own.items() if value is not None}
        return self.runtime.fields.stated | stated

    def over(self, inherited: Target, runtimes: Mapping[str, Runtime]) -> Target:
        """Return the whole target; what is missing here is inherited."""
        runtime = self.runtime.over(inherited.runtime, runtimes)
        return Target(
            runtime=runtime,
            fallbacks=tuple(each.over(runtime, runtimes) for each in self.fallbacks)
            or inherited.fallbacks,
            queue=self.queue or inherited.queue,
            priority=inherited.priority if self.priority is None else self.priority,
            expires_in=inherited.expires_in if self.expires_in is None else self.expires_in,
        )


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One entry of a `split`."""

    name: str
    weight: int
    target: TargetDraft

    def over(self, inherited: Target, runtimes: Mapping[str, Runtime]) -> Variant:
        """Return the whole variant."""
        target = self.target.over(inherited, runtimes)
        named = self.target.runtime.named
        heir_of = None if named is None else f"runtimes.{named}"
        return Variant(self.name, self.weight, target, self.target.stated, heir_of)
