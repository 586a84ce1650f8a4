"""What a trial came to: one line of the results file."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one trial."""

    seed: int
    broker: str
    nodes: int
    seconds: float
    workers: int
    attempts: int
    confirmed: int
    in_doubt: int
    """Publishes without an answer, the feeder's and the workers'."""
    deliveries: int
    redeliveries: int
    jobs: int
    distinct: int
    dead: dict[str, int]
    lost: int
    phantom: int
    reordered: int
    repeats: int
    faults: dict[str, int]
    missed: dict[str, int]
    recoveries: list[float]
    notices: list[float]
    gaps: list[float] = field(default_factory=list)
    awakenings: list[float] = field(default_factory=list)
    exits: list[float] = field(default_factory=list)
    runner_reconnects: int = 0
    """How often a runner got nothing of what waited in its queue, and connected anew."""
    kinds: list[str] | None = None
    commit: str | None = None
    """Of the checkout it ran from."""
    resident: list[int] = field(default_factory=list)
    """Bytes, of each worker that saw the end."""
    problems: list[str] = field(default_factory=list)
    """Everything that was not as promised; empty: it held."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes another trial the same one."""
        return self.broker, self.seed, self.seconds, self.nodes, tuple(self.kinds or ())

    @property
    def held(self) -> bool:
        return not self.problems

    def to_line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_object(cls, found: dict[str, Any]) -> Self:
        """Return the result that an object of the results file holds."""
        names = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in found.items() if name in names})


def read_results(file: Path) -> list[Result]:
    """Return all results of a file, oldest first; none if there is no file."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Result.from_object(json.loads(line)) for line in lines if line.strip()]


def append_result(file: Path, result: Result) -> None:
    """Add a result at the end of a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as results:
        results.write(result.to_line() + "\n")
