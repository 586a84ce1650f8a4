"""The table file on disk, read and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routing.load_table import LoadedTable, load_table
from routing.problem import Problem, Severity, quote
from routing.setting import Setting
from routing.table import RoutingTable
from routing.table_text import MAX_BYTES
from worker.broker_access import contradiction, unverified
from worker.failure import CommandFailed
from worker.settings import SettingError, Settings


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file and everything that is wrong with it, the values of its `worker:` block included."""

    name: str
    problems: tuple[Problem, ...]
    loaded: LoadedTable | None
    """None for a file that cannot be read."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(found for found in self.problems if found.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(found for found in self.problems if found.severity is Severity.WARNING)

    @property
    def config(self) -> "Config | None":
        """The file, ready for use; None if it has errors."""
        loaded = self.loaded
        if self.errors or loaded is None or loaded.table is None:
            return None
        return Config(
            name=self.name,
            table=loaded.table,
            warnings=tuple(problem.render(self.name) for problem in self.warnings),
            written_keys=loaded.written_keys,
            _settings=loaded.settings,
        )


@dataclass(frozen=True, slots=True)
class Config:
    """A file without errors."""

    name: str
    table: RoutingTable
    warnings: tuple[str, ...]
    """As `FILE:LINE:COLUMN: warning: …`."""
    written_keys: Mapping[str, str] = field(repr=False)
    """`config:` reference to the key written out in the file."""
    _settings: Mapping[str, Setting]

    def states(self, name: str) -> bool:
        """Return whether the file states a setting."""
        return name in self._settings

    def writes_out(self, name: str) -> bool:
        """Return whether all of a setting is in the file: stated, and filled in by no variable."""
        stated = self._settings.get(name)
        return stated is not None and stated.variable is None

    def settings(self, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
        """Return the settings of the process: flag, `POINTSMAN_*` variable, this file, default.

        Raises CommandFailed naming the setting that cannot be used.
        """
        from_file = {name: setting.text for name, setting in self._settings.items()}
        try:
            settings = Settings.load(flags, environ, from_file)
        except SettingError as error:
            raise CommandFailed(str(error)) from None
        # Not a matter of the file alone: broker URLs are often a variable.
        if (wrong := contradiction(settings)) is not None:
            raise CommandFailed(wrong)
        return settings


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Return the table of a file. `environ` is where its `${NAME}`s are looked up.

    Raises CommandFailed, a line for every error, if the file cannot be used.
    """
    checked = check_file(path, environ)
    config = checked.config
    if config is None:
        lines = (problem.render(checked.name) for problem in checked.errors)
        raise CommandFailed("\npointsman: ".join(lines))
    return config


def check_file(path: Path, environ: Mapping[str, str]) -> CheckedFile:
    """Read and check a file. One that cannot be read is a problem as well."""
    name = str(path).encode(errors="surrogateescape").decode(errors="replace")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        problem = Problem(Severity.ERROR, 0, 0, f"cannot be read: {why}")
        return CheckedFile(name, (problem,), None)
    loaded = load_table(data, environ)
    found = (*loaded.problems, *_setting_problems(loaded.settings))
    in_order = sorted(found, key=lambda problem: (problem.line, problem.column))
    return CheckedFile(name, tuple(in_order), loaded)


def _setting_problems(settings: Mapping[str, Setting]) -> Iterator[Problem]:
    sound = {}
    for name, setting in settings.items():
        if (wrong := Settings.check(name, setting.text)) is None:
            sound[name] = setting.text
        else:
            said = setting.variable
            if said is not None:  # what a variable holds is in no message
                wrong = f"what {quote(said)} holds does not fit here"
            yield _setting_problem(setting, f"`worker.{name}`: {wrong}")
    try:
        chosen = Settings.load({}, {}, sound)
        for line in unverified(chosen):
            stated = settings["amqp_verify"]
            message = f"`worker`: {line}"
            yield Problem(Severity.WARNING, stated.line, stated.column, message)
    except SettingError as error:
        # Settings that do not go together are named in the message; one of them is in the file.
        culprit = next(name for name in sound if name in str(error))
        yield _setting_problem(settings[culprit], f"`worker`: {error}")


def _setting_problem(setting: Setting, message: str) -> Problem:
    return Problem(Severity.ERROR, setting.line, setting.column, message)
