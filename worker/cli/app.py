"""The command `pointsman`."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.while_importing import while_importing
from worker.failure import FINDINGS, INTERRUPTED, USAGE, CommandFailed

_NO_OUTPUT = "standard output is closed; to see nothing, send it to /dev/null"

# Each command, in the order of the help, and where it is; of a group, where all of it is.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "run": ("run",),
    "route": ("route",),
    "check": ("check",),
    "routes": ("routes",),
    "explain": ("explain",),
    "diff": ("diff",),
    "capture": ("capture",),
    "doctor": ("doctor",),
    "top": ("top",),
    "sign": ("sign",),
    "schema": ("schema",),
    "import": ("import_table",),
    "topology": ("topology", "permissions", "repartition"),
    "credentials": ("credentials",),
    "dead": ("dead", "dead_export", "dead_import", "dead_purge", "dead_forget", "dead_redrive"),
}


def build_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the command as far as these arguments need it, or all of it where that is not plain.

    To import what all of its commands are made of takes longer than most of them do.
    """
    app = typer.Typer(
        name="pointsman",
        help=_pointsman.__doc__,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_pointsman)
    for name in _needed(arguments):
        module, *_ = [import_module(f"worker.cli.{place}") for place in _COMMANDS[name]]
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def _needed(arguments: Sequence[str]) -> Iterable[str]:
    first = next(iter(arguments), None)
    if first == "--version":
        return ()
    return _COMMANDS if first not in _COMMANDS else (first,)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - it takes as long as all of typer

        typer.echo(f"pointsman {version('pointsman')}")
        raise typer.Exit


def _pointsman(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Routes the messages of hubs to the queues of models: who is asking decides who answers."""


def main() -> None:
    """Run the command; what people did wrong is one line on standard error and an exit code."""
    if sys.stderr is None:  # closed: then nobody wants to know, but the exit code still counts
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for good
    if sys.stdout is None:
        sys.stderr.write(f"pointsman: {_NO_OUTPUT}\n")
        raise SystemExit(USAGE)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows fewer characters than a table has is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with while_importing():
            command = build_app(sys.argv[1:])
        command()
    except CommandFailed as failure:
        sys.stderr.write(f"pointsman: {failure}\n")
        raise SystemExit(failure.code) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output went away, and there is nobody to tell
        raise SystemExit(1) from None
    except OSError as error:
        sys.stderr.write(f"pointsman: {error.strerror}\n")
        raise SystemExit(1) from None
    except Exception as error:  # noqa: BLE001 - what it says may quote a key or a message
        _tell_fault(error)
        raise SystemExit(FINDINGS) from None


def _tell_fault(error: Exception) -> None:
    from worker.log import fault  # noqa: PLC0415 - for what ought never to be

    told = fault(error)
    sys.stderr.write(f"pointsman: a fault of its own, {told['error']}; please report where:\n")
    sys.stderr.writelines(f"  {place}\n" for place in told["traceback"])
