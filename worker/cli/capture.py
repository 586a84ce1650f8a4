"""`pointsman capture`: what comes in, written down."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.setting_options import with_setting_options
from worker.cli.while_importing import while_importing
from worker.config_file import load_config
from worker.failure import BROKER, FINDINGS, TOPOLOGY, CommandFailed
from worker.setting_variables import unknown_variables

_SETTINGS = (
    *("amqp_url", "prefix", "worker_id", "prefetch", "max_body", "max_hops", "heartbeat"),
    *("publish_timeout", "reconnect_backoff_min", "reconnect_backoff_max", "auth_timeout"),
    *("log_format", "log_level"),
)


@with_setting_options(*_SETTINGS)
def capture(
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where to append lines; - is standard output.")
    ] = "-",
    bodies: Annotated[
        bool, typer.Option("--bodies", help="Keep what messages say, not only what decides.")
    ] = False,
    metadata: Annotated[
        bool,
        typer.Option(
            "--metadata/--no-metadata", help="Keep `metadata`, which rules ask for, and headers."
        ),
    ] = True,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="End after so many messages.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="N", min=0.001, help="End after so many seconds.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    **flags: Any,
) -> None:
    """Write down what comes to the in.* exchanges, as lines for route, explain and diff --against.

    Takes nothing from other queues: it reads copies, from a bounded queue of its
    own that the broker deletes with its connection. (What it sees counts as routed,
    for alternate exchanges and `mandatory` publishes.)

    Without --bodies every character of a text but its white space becomes an x,
    what parts and media hold and what chats and people are called is left out,
    and so is any field that decides nothing. Ids stay, and metadata. Texts keep
    their length, words, and whether they are simple. Keys are taken out
    wherever `run` takes them out of a message, always. At the end it says how
    many messages were left out, and how many are decided otherwise for it.

    Ends with SIGINT or SIGTERM, exit code 0; 3 broker or credentials.

    Example:  pointsman capture --out week.jsonl

    Example:  pointsman capture --count 100 | pointsman diff old.yaml new.yaml --against -
    """
    loaded = load_config(config, os.environ)
    settings = loaded.settings(flags, os.environ)
    with while_importing():
        from worker.amqp.errors import BrokerError, TopologyMismatch  # noqa: PLC0415
        from worker.capture.capture_file import (  # noqa: PLC0415
            OthersMayRead,
            open_capture_file,
            standard_output,
        )
        from worker.capture.captured_line import Kept  # noqa: PLC0415
        from worker.capture.serve_capture import serve_capture  # noqa: PLC0415
        from worker.own_faults import ServiceFault  # noqa: PLC0415

    warnings = (*unknown_variables(os.environ), *loaded.warnings)
    kept = Kept(bodies=bodies, metadata=metadata, max_body=settings.max_body)
    try:
        opened = standard_output() if out == "-" else open_capture_file(Path(out))
    except OthersMayRead:
        raise CommandFailed(
            f"{out}: others may read it; `chmod 600` it, or name another file"
        ) from None
    except OSError as error:
        raise CommandFailed(f"{out}: {error.strerror}") from None
    try:
        with opened as file:
            captured = serve_capture(
                settings, loaded.table, warnings, kept, file, most=count, seconds=seconds
            )
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
    except ServiceFault as error:
        raise CommandFailed(str(error), FINDINGS) from None
    if isinstance(captured.failed, BrokenPipeError):
        raise captured.failed
    for line in captured.lines():
        sys.stderr.write(f"pointsman: {line}\n")
    if captured.failed is not None:
        raise CommandFailed(f"{out}: {captured.failed.strerror}", FINDINGS)
