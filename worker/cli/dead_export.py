"""`pointsman dead export`: letters as lines of JSON."""

import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.capture.capture_file import OthersMayRead, standard_output
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead import app
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.letter_count import letters
from worker.cli.letter_options import wanted, with_letter_options
from worker.cli.letter_progress import shown_letters
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.dead.export_file import ExportFile, NotKept
from worker.dead.letter_line import letter_line
from worker.dead.wanted import Wanted
from worker.failure import FINDINGS, CommandFailed
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue

_AT_ONCE = 500
"""Letters that are on the disk before any of them is removed."""


@app.command()
@with_setting_options(*SETTINGS)
@with_letter_options
def export(
    out: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to add lines; - is standard output."
        ),
    ] = "-",
    remove: Annotated[
        bool, typer.Option("--remove", help="Take each letter away once its line is on the disk.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Write dead letters to a file, a line of JSON each, from which `import` puts them back.

    Everything is in a line: the body, all properties, and headers with their AMQP types. So are
    keys that somebody wrote there: a new file is its owner's alone, and a file that others may read
    is refused. The letters stay where they are, unless --remove is given.

    Example:  pointsman dead export --reason malformed --output malformed.jsonl

    Example:  pointsman dead export --older-than 30d --output old.jsonl --remove
    """
    meant = wanted(flags)
    if remove and out == "-":
        raise CommandFailed("--remove needs --output FILE: nobody knows who keeps standard output")
    with closing(_open(out, remove=remove)) as file:
        export = _Export(file, meant, Path(out).absolute().parent if remove else None)
        try:
            with_dead_queue(config, flags, "export", export.run)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandFailed(f"{out}: {error.strerror}", FINDINGS) from None
        finally:
            if export.written:
                sys.stderr.write(f"{letters(export.written)} written{export.removed_words}\n")
    if not export.written:
        sys.stderr.write("no such letters\n")


class _Export:
    """Writes letters, and removes them if there is a `directory`, that of the file."""

    def __init__(self, file: ExportFile, meant: Wanted, directory: Path | None) -> None:
        self._file = file
        self._meant = meant
        self._directory = directory
        self.written = 0
        self.removed = 0

    @property
    def removed_words(self) -> str:
        """What to say of those that were removed."""
        return "" if self._directory is None else f", {self.removed:,} removed"

    async def run(self, queue: "DeadQueue", _config: Config, _settings: Settings) -> None:
        from worker.dead.read_letters import Place  # noqa: PLC0415
        from worker.dead.removal import Removal  # noqa: PLC0415

        removal = Removal(queue)
        copies: Counter[str] = Counter()
        places: list[Place] = []
        async for found in shown_letters(queue, "exporting"):
            if not self._meant.matches(found.letter):
                continue
            copies[found.letter.id] += 1
            self._file.write(letter_line(found.letter, copies[found.letter.id]))
            self.written += 1
            if self._directory is not None:
                places.append(found.place)
                if len(places) >= _AT_ONCE:
                    await self._remove(removal, places)
                    places = []
        if places:
            await self._remove(removal, places)
        await removal.finish()
        self.removed = removal.count

    async def _remove(self, removal: Any, places: Any) -> None:
        self._file.sync(self._directory)
        await removal.remove(places)


def _open(out: str, *, remove: bool) -> ExportFile:
    if out == "-":
        return ExportFile(standard_output())
    try:
        return ExportFile.open(Path(out), kept=remove)
    except OthersMayRead:
        raise CommandFailed(
            f"{out}: others may read it; `chmod 600` it, or name another file"
        ) from None
    except NotKept:
        raise CommandFailed(f"{out}: no regular file, so --remove cannot be sure of it") from None
    except OSError as error:
        raise CommandFailed(f"{out}: {error.strerror}") from None
