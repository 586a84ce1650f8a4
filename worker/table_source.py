"""The file that a running worker has its table from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from routing.decide import Router
from routing.read_sections import PER_USER, SHARED
from routing.table import RoutingTable
from worker.config_file import Config, check_file
from worker.failure import CommandFailed
from worker.file_mark import FileMark, file_mark
from worker.settings import Settings
from worker.signing_keys import SigningKeys
from worker.topology import Topology, plan_topology


@dataclass(frozen=True, slots=True)
class Candidate:
    """A table that can take the place of the one in use, compiled."""

    router: Router
    topology: Topology
    warnings: tuple[str, ...]
    """As `FILE:LINE:COLUMN: warning: …`."""
    restart: tuple[str, ...]
    """The settings that the file states otherwise than the process runs with."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be used, and why: the lines that `check` has for it."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSource:
    """Where the table is from, and what it was read with when the process began."""

    path: Path
    config: Config
    settings: Settings
    flags: Mapping[str, str | None] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    mark: FileMark | None = None
    """Of the file, before it was read."""
    keys: SigningKeys = field(default_factory=SigningKeys)

    @property
    def table(self) -> RoutingTable:
        """The table at the start."""
        return self.config.table

    def mark_now(self) -> FileMark | None:
        """Return what tells the file from another."""
        return file_mark(self.path)

    def look(self, in_use: RoutingTable) -> Candidate | Refused | None:
        """Return what the file holds now; None if that is the table in use.

        Takes a while: 0.2 s of processor time for a thousand rules.
        """
        checked = check_file(self.path, self.environ)
        config = checked.config
        if config is None:
            return Refused(tuple(problem.render(checked.name) for problem in checked.errors))
        if config.table.digest == in_use.digest:
            return None
        fixed = _fixed(in_use)
        for name, value in _fixed(config.table).items():
            if value != fixed[name]:
                problem = (
                    f"{checked.name}: error: `{name}` is {value} here, and the worker was started"
                    f" with {fixed[name]}; that takes a restart"
                )
                return Refused((problem,))
        if missing := self.keys.missing(config):
            return Refused(missing)
        try:
            restart = self._changed_settings(config)
        except CommandFailed as error:
            return Refused((f"{checked.name}: error: {error}",))
        topology = plan_topology(config.table, self.settings)
        warnings = (*config.warnings, *self.keys.warnings(config, self.settings))
        return Candidate(Router(config.table), topology, warnings, restart)

    def _changed_settings(self, config: Config) -> tuple[str, ...]:
        settings = config.settings(self.flags, self.environ)
        if not config.states("worker_id") and not self.config.states("worker_id"):
            # Drawn at random, unless a flag or a variable has it, and those are the same as before.
            settings = replace(settings, worker_id=self.settings.worker_id)
        names = Settings.names()
        return tuple(n for n in names if getattr(settings, n) != getattr(self.settings, n))


def _fixed(table: RoutingTable) -> dict[str, str]:
    """Return what cannot change between two messages, as the file says it.

    `trust` says whom to believe, `isolated` which queues have to be consumed, and
    `group_conversations` which conversation a message belongs to, of messages that wait and of
    repeats as well.
    """
    return {
        "trust": table.trust.value,
        "isolated": ", ".join(sorted(table.isolated_platforms)) or "no platform",
        "group_conversations": SHARED if table.shared_groups else PER_USER,
    }
