"""Where messages go, as far as anybody outside can tell: what two tables are compared by."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from contracts import DeadReason, Runtime
from contracts.turn_queue import turn_queue
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target

json_text: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode
"""Two values are the same if these texts are: `1`, `1.0` and `true` are three."""

_NULL = "null"
CONVERSATION = "conversation"

FIELDS = (
    "dead",
    "source_kind",
    "allow_control",
    *Runtime.model_fields,
    "fallbacks",
    "queue",
    "priority",
    "expires_in",
    "variant",
    "split",
)
"""What an outcome says, in the order people are shown it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a message goes. Which rule said so takes no part in it."""

    values: tuple[str, ...]
    """The JSON text of each of `FIELDS`."""
    conversation: str | None = field(default=None, compare=False)
    """None where no single message is meant."""

    @classmethod
    def of(cls, said: Mapping[str, Any], conversation: str | None = None) -> Self:
        """Return the outcome that says this; what is not in it is null."""
        texts = (json_text(said[name]) if name in said else _NULL for name in FIELDS)
        return cls(tuple(texts), conversation)

    def __getitem__(self, name: str) -> Any:
        """Return one of `FIELDS` as a JSON value."""
        return json.loads(self.values[FIELDS.index(name)])

    def changed(self, other: "Outcome") -> tuple[str, ...]:
        """Return the names of what differs, the conversation included."""
        pairs = zip(FIELDS, self.values, other.values, strict=True)
        names = tuple(name for name, mine, theirs in pairs if mine != theirs)
        if self.is_dead or other.is_dead or self.conversation == other.conversation:
            return names
        return (*names, CONVERSATION)

    @property
    def is_dead(self) -> bool:
        """Whether there is no turn."""
        return self.values[FIELDS.index("dead")] != _NULL

    @property
    def headline(self) -> str:
        """The outcome in a few words: the queue, or why there is no turn."""
        if self.is_dead:
            return f"dead: {self['dead']}"
        queue = self["queue"]
        return " or ".join(dict.fromkeys(queue)) if isinstance(queue, list) else str(queue)


@dataclass(frozen=True, slots=True)
class Move:
    """From one outcome to another."""

    old: Outcome
    new: Outcome
    changed: tuple[str, ...]
    """The names of what differs, the conversation included."""

    @classmethod
    def between(cls, old: Outcome, new: Outcome) -> Self | None:
        """Return the move, None where the outcome is the same."""
        changed = old.changed(new)
        return cls(old, new, changed) if changed else None


def outcome_of_rule(rule: Rule) -> Outcome:
    """Return what becomes of the messages that a rule matches.

    Where it splits them, what its variants do not have in common is a list, an item for each.
    """
    if rule.denies:
        return Outcome.of({"dead": DeadReason.DENIED.value})
    if not rule.split:
        return Outcome.of(_said_by(rule.target))
    ways = [_said_by(variant.target) for variant in rule.split]
    shares = [{"name": variant.name, "weight": variant.weight} for variant in rule.split]
    return Outcome.of({**_in_common(ways), "split": shares})


def outcome_of_base(table: RoutingTable) -> Outcome:
    """Return what becomes of the messages that no rule matches."""
    return Outcome.of(_said_by(table.base_target))


def _said_by(target: Target) -> dict[str, Any]:
    seconds = target.expires_in
    return {
        **target.runtime.model_dump(mode="json"),
        "fallbacks": [each.model_dump(mode="json") for each in target.fallbacks],
        "queue": target.queue or turn_queue(target.runtime.model),
        "priority": target.priority,
        "expires_in": None if seconds is None else f"{max(1, round(seconds * 1000))}ms",
    }


def _in_common(ways: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _one_or_all(way[name] for way in ways) for name in ways[0]}


def _one_or_all(values: Iterable[Any]) -> Any:
    every = list(values)
    return every[0] if len(set(map(json_text, every))) == 1 else every
