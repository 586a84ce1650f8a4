"""The command `pointsman`."""

import io
import os
import sys
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Annotated

import typer

from worker.cli import (
    capture,
    check,
    credentials,
    dead,
    dead_export,
    dead_forget,
    dead_import,
    dead_purge,
    dead_redrive,
    demo,
    diff,
    doctor,
    explain,
    import_table,
    permissions,
    repartition,
    route,
    routes,
    run,
    schema,
    sign,
    top,
    topology,
)
from worker.cli.interrupt import INTERRUPTED
from worker.failure import FINDINGS, USAGE, CommandFailed

_NO_OUTPUT = "standard output is closed; to see nothing, send it to /dev/null"

app = typer.Typer(
    name="pointsman",
    help="Routes the messages of hubs to the queues of models: who is asking decides who answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pointsman {distribution_version('pointsman')}")
        raise typer.Exit


@app.callback()
def _pointsman(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Routes the messages of hubs to the queues of models: who is asking decides who answers."""


app.command()(demo.demo)
app.command()(run.run)
app.command()(route.route)
app.command()(check.check)
app.command()(routes.routes)
app.command()(explain.explain)
app.command()(diff.diff)
app.command()(capture.capture)
app.command()(doctor.doctor)
dead.app.command()(dead_export.export)
dead.app.command("import")(dead_import.import_)
dead.app.command()(dead_purge.purge)
dead.app.command()(dead_forget.forget)
dead.app.command()(dead_redrive.redrive)
app.command()(top.top)
topology.app.command()(permissions.permissions)
topology.app.command()(repartition.repartition)
app.add_typer(import_table.app, name="import")
app.add_typer(topology.app, name="topology")
app.add_typer(credentials.app, name="credentials")
app.add_typer(dead.app, name="dead")
app.command()(sign.sign)
app.command()(schema.schema)


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
        app()
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
