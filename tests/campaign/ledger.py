"""The double entry of a trial: what was said, what arrived, and whether the two agree."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from tests.campaign.conversation import DEAD, Key, Line

_TURNS = UUID("6f3f7bb0-6a52-5d0e-9a3f-0f6a1f0b7c11")
KEY_HEADER = "tracestate"  # travels from a message into its job, and into its dead letter
_MANY = 5


@dataclass(slots=True)
class Wrong:
    """Things that must not be: how many, and the first few in words."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        self.count += 1
        if len(self.examples) < _MANY:
            self.examples.append(example)


class Ledger:
    """Feeder and runners write, the verdict reads."""

    def __init__(self) -> None:
        self.lines: dict[Key, Line] = {}
        """Everything ever attempted."""
        self.attempts = 0
        self.in_doubt = 0
        """The feeder's attempts that ended without an answer."""
        self.confirmed: set[Key] = set()
        self.dead: dict[Key, str] = {}
        self.reasons: Counter[str] = Counter()
        self.turns: dict[Key, str] = {}
        """The `turn_id` of each message's first job."""
        self.jobs = 0
        """Publications to the model queues; a runner's redelivery is not another job."""
        self.deliveries_to_runners = 0
        self.phantoms = Wrong()
        self.misrouted = Wrong()
        self.reorders = Wrong()
        self.other_turn_ids = Wrong()
        self._missing: dict[Key, None] = {}
        self._publications: set[tuple[Key, str]] = set()
        self._latest: dict[tuple[str, str], int] = {}
        self._seen: dict[str, set[Key]] = {}

    # ---- the feeder's side

    def attempt(self, line: Line) -> None:
        """Note that a message is being published, for the first time or again."""
        self.attempts += 1
        if line.key not in self.lines:
            self.lines[line.key] = replace(line, body=b"")  # of a million only what is needed

    def doubt(self) -> None:
        """Note an attempt that may have arrived or not."""
        self.in_doubt += 1

    def confirm(self, line: Line) -> None:
        """Note that the broker has taken a message."""
        self.confirmed.add(line.key)
        if line.key not in self.turns and line.key not in self.dead:
            self._missing[line.key] = None

    # ---- the runners' side

    def job(self, queue: str, body: bytes, headers: dict[str, Any], publication: str) -> None:
        """Note a job taken from a model queue; `publication` is its AMQP message id."""
        self.deliveries_to_runners += 1
        key = read_key(headers)
        if (key, publication) in self._publications:
            return
        self._publications.add((key, publication))
        self.jobs += 1
        line = self.lines.get(key)
        if line is None:
            self.phantoms.add(f"{queue}: a job for {key}, which was never said")
            return
        if line.queue != queue:
            self.misrouted.add(f"{key} came to {queue}, not {line.queue}")
        self._check_turn_id(line, json.loads(body))
        self._check_order(key, queue)
        self._missing.pop(key, None)

    def letter(self, headers: dict[str, Any]) -> None:
        """Note a dead letter."""
        key = read_key(headers)
        reason = str(headers.get("x-dead-reason", "none"))
        line = self.lines.get(key)
        if line is None:
            self.phantoms.add(f"{DEAD}: a letter of {key}, which was never said")
            return
        if key not in self.dead:
            self.dead[key] = reason
            self.reasons[reason] += 1
            if not line.poison and reason != "undeliverable":
                self.misrouted.add(f"{key} is dead: {reason} {headers.get('x-dead-detail')}")
        self._missing.pop(key, None)

    def _check_turn_id(self, line: Line, job: dict[str, Any]) -> None:
        key = line.key
        turn_id = job["turn_id"]
        names = (
            job["source"]["platform"],
            job["agent_id"] or "",
            job["conversation_id"],
            job["message"]["message_id"],
        )
        wanted = str(uuid5(_TURNS, json.dumps(names, separators=(",", ":"), ensure_ascii=False)))
        first = self.turns.setdefault(key, turn_id)
        if not turn_id == first == wanted:
            self.other_turn_ids.add(f"{key}: {turn_id} after {first}, {wanted} is right")
        if names[3] != (line.amqp_id or str(key.number)):
            self.misrouted.add(f"{key} came as message {names[3]}")

    def _check_order(self, key: Key, queue: str) -> None:
        latest = self._latest.get((key.chat, queue), 0)
        if key.number > latest:
            self._latest[key.chat, queue] = key.number
        elif key not in self._seen_in(queue):
            self.reorders.add(f"{queue}: {key} was first seen after number {latest}")
        self._seen_in(queue).add(key)

    def _seen_in(self, queue: str) -> set[Key]:
        return self._seen.setdefault(queue, set())

    # ---- sums

    @property
    def backlog(self) -> int:
        """Messages confirmed to the feeder that have not come out yet."""
        return len(self._missing)

    @property
    def lost(self) -> list[Key]:
        """The same, for when nothing more is to come."""
        return list(self._missing)

    @property
    def distinct(self) -> int:
        """Messages that became a job."""
        return len(self.turns)

    @property
    def repeats(self) -> int:
        """Jobs beyond the first of each message."""
        return self.jobs - self.distinct


def key_text(key: Key) -> str:
    """Return a key as a header."""
    return f"{key.chat} {key.number}"


def read_key(headers: dict[str, Any]) -> Key:
    """Return the key in the headers of a job or a dead letter; nobody's if there is none."""
    chat, _, number = str(headers.get(KEY_HEADER, "nobody 0")).rpartition(" ")
    return Key(chat, int(number))
