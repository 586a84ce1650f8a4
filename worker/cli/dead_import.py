"""`pointsman dead import`: letters of an export, put back."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.dead import app
from worker.cli.dead_session import SETTINGS, with_dead_queue
from worker.cli.letter_count import letters
from worker.cli.setting_options import with_setting_options
from worker.config_file import Config
from worker.dead.letter_line import BadLine, WrittenLetter, read_letter_line
from worker.failure import CommandFailed
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.amqp.dead_queue import DeadQueue

_MOST_TOLD = 10


@app.command("import")
@with_setting_options(*SETTINGS)
def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What `export` wrote; - is standard input.")
    ] = "-",
    again: Annotated[
        bool, typer.Option("--again", help="Put back also what is among the letters already.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Put exported letters back, each as it was, behind those that are there.

    What is there already is left out, so that an import that was cut off can be started again. The
    whole file is read first: with a bad line in it nothing is put back.

    Example:  pointsman dead import malformed.jsonl
    """
    with _opened(file) as lines:
        count = _check(file, lines)
        importing = _Import(lines, count, again=again)
        try:
            with_dead_queue(config, flags, "import", importing.run)
        finally:
            if importing.done or not count:
                skipped = importing.done - importing.put_back
                words = f", {letters(skipped)} there already" if skipped else ""
                sys.stderr.write(f"{letters(importing.put_back)} put back{words}\n")


class _Import:
    """Puts letters back, and counts them."""

    def __init__(self, lines: IO[bytes], count: int, *, again: bool) -> None:
        self._lines = lines
        self._count = count
        self._again = again
        self.done = 0
        self.put_back = 0

    async def run(self, queue: "DeadQueue", _config: Config, _settings: Settings) -> None:
        from worker.dead.put_back import ids_there, put_back  # noqa: PLC0415

        with Console(stderr=True, quiet=not sys.stderr.isatty()).status("") as status:
            status.update("looking at what is there")
            there = None if self._again else await ids_there(queue)
            async for new in put_back(queue, self._written(), there):
                self.done += 1
                self.put_back += new
                status.update(f"{self.done:,} of {letters(self._count)}")

    def _written(self) -> Iterator[WrittenLetter]:
        self._lines.seek(0)
        for line in self._lines:
            if line.strip():
                yield read_letter_line(line)


def _opened(file: str) -> IO[bytes]:
    """Return a file that can be read twice. Raises CommandFailed."""
    try:
        if file != "-":
            opened: IO[bytes] = Path(file).open("rb")  # noqa: SIM115 - closed by who asked
            if opened.seekable():
                return opened
            with opened:
                return _kept(opened)
        if sys.stdin is None:
            raise CommandFailed("standard input is closed; name a file")
        return _kept(sys.stdin.buffer)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None


def _kept(source: IO[bytes]) -> IO[bytes]:
    # It has no name, so that nobody can open it, and it is gone with this process.
    kept = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(source, kept)
    kept.seek(0)
    return kept


def _check(file: str, lines: IO[bytes]) -> int:
    """Return how many letters there are. Raises CommandFailed naming each bad line."""
    name = "standard input" if file == "-" else file
    problems: list[str] = []
    count = bad = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            read_letter_line(line)
            count += 1
        except BadLine as error:
            bad += 1
            if len(problems) < _MOST_TOLD:
                problems.append(f"{name}:{number}: {error}")
    if bad:
        told = [*problems, f"{bad} bad; nothing was put back"]
        raise CommandFailed("\npointsman: ".join(told))
    return count
