"""`pointsman run`: the service."""

import os
from typing import Annotated, Any

import typer

from routing.duration import parse_duration
from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.broker_access import unverified
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.setting_options import with_setting_options
from worker.cli.while_importing import while_importing
from worker.config_file import load_config
from worker.failure import BROKER, FINDINGS, TOPOLOGY, CommandFailed
from worker.file_mark import file_mark
from worker.setting_variables import unknown_variables
from worker.settings import Settings
from worker.signing_keys import SigningKeys
from worker.table_source import TableSource

_SUMMARY_EVERY = 60.0


@with_setting_options(*Settings.names())
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Decide everything and publish nothing.")
    ] = False,
    summary_every: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", help="How often a shadow logs its figures; 60s if not given."
        ),
    ] = None,
    **flags: Any,
) -> None:
    """Run the service: from the in.* exchanges to the queues of models, until SIGTERM.

    A changed table is taken while it runs; SIGHUP has the file looked at as well.
    SIGUSR1 logs everything, SIGUSR2 what the settings say again.

    With --shadow it looks on instead: what comes to the in.* exchanges is copied
    to a bounded queue of its own, which the broker deletes with its connection,
    so that no other queue gets more or less for it (but an alternate exchange does:
    what a shadow sees counts as routed). Each decision is a line of the log, and
    figures follow now and then and at the end. It keeps the table it began with.

    Exit codes: 0 drained and stopped, 2 settings, table or a signing key that is
    not there, 3 broker or credentials, 4 topology.

    Example:  pointsman run --config pointsman.yaml --amqp-url amqp://user:password@broker/

    Example:  pointsman run --shadow --config new.yaml --http none
    """
    every = _every(summary_every, shadow=shadow)
    mark = file_mark(config)
    loaded = load_config(config, os.environ)
    settings = loaded.settings(flags, os.environ)
    keys = SigningKeys(os.environ)
    source = TableSource(config, loaded, settings, flags, os.environ, mark, keys)
    # Not above: AMQP and HTTP take longer to import than `check` takes to check.
    with while_importing():
        from worker.own_faults import ServiceFault  # noqa: PLC0415
        from worker.serve import serve  # noqa: PLC0415
        from worker.shadow.serve_shadow import serve_shadow  # noqa: PLC0415

    stated = loaded.states("amqp_verify")  # then it is among the file's
    warnings = (
        *unknown_variables(os.environ),
        *(() if stated else unverified(settings)),
        *loaded.warnings,
    )
    try:
        if shadow:
            serve_shadow(settings, loaded.table, warnings, every, typer.echo)
        else:
            if missing := keys.missing(loaded):
                raise CommandFailed("\npointsman: ".join(missing))
            serve(source, (*warnings, *keys.warnings(loaded, settings)))
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
    except ServiceFault as error:
        raise CommandFailed(str(error), FINDINGS) from None
    except BrokenPipeError:
        raise  # nobody reads the figures
    except OSError as error:
        host, port = settings.http or ("", 0)
        message = f"cannot listen on {host}:{port}: {error.strerror}; set --http, or `none`"
        raise CommandFailed(message) from None


def _every(text: str | None, *, shadow: bool) -> float:
    """Return seconds. Raises CommandFailed."""
    if text is None:
        return _SUMMARY_EVERY
    if not shadow:
        raise CommandFailed("--summary-every is for --shadow")
    try:
        if (seconds := parse_duration(text)) > 0:
            return seconds
    except ValueError as error:
        raise CommandFailed(f"--summary-every: {error}") from None
    raise CommandFailed(f"--summary-every: {text!r} is not longer than nothing")
