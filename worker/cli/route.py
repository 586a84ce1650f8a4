"""`pointsman route`: the embedded form, without a broker."""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts import DeadReason
from routing.decide import Router
from routing.rejection import Rejection
from routing.trust import Trust
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.config_file import load_config
from worker.envelope import read_delivery
from worker.failure import CommandFailed
from worker.pipeline.build_job import Stamp
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter
from worker.service.sequencer import Sequencer


def route(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="JSON lines; - is standard input.")
    ] = "-",
    config: ConfigOption = DEFAULT_CONFIG,
    trust: Annotated[
        Trust | None,
        typer.Option(help="Instead of the table's. Bare messages need `open`."),
    ] = None,
) -> None:
    """Route JSON lines without a broker: one line out for each line in, in order.

    A line is an inbound message, or an envelope {"exchange", "routing_key", "properties", "body"}.
    The answer is a turn job, or {"dead": {"reason", "detail"}}. Exit code 0 when every line was
    answered.

    Example:  pointsman route --trust open messages.jsonl
    """
    loaded = load_config(config, os.environ)
    settings = loaded.settings({}, os.environ)
    table = replace(loaded.table, trust=trust) if trust else loaded.table
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    pipeline = Pipeline(Router(table), limits, settings.prefix)
    sequencer = Sequencer()
    for number, line in enumerate(_lines(file), start=1):
        stamp = Stamp(datetime.now(UTC), sequencer.next(time.time_ns() // 1000))
        sys.stdout.buffer.write(_answer(pipeline, line, number, stamp) + b"\n")
        sys.stdout.buffer.flush()


def _answer(pipeline: Pipeline, line: bytes, number: int, stamp: Stamp) -> bytes:
    try:
        made = pipeline(read_delivery(line, number), stamp)
    except Rejection as rejection:
        return _dead(rejection.reason, rejection.detail)
    if isinstance(made, DeadLetter):
        return _dead(made.reason, made.detail)
    return made.publication.body


def _dead(reason: DeadReason, detail: str) -> bytes:
    return json.dumps({"dead": {"reason": reason, "detail": detail}}, ensure_ascii=False).encode()


def _lines(file: str) -> Iterator[bytes]:
    if file == "-":
        yield from (line.rstrip(b"\r\n") for line in sys.stdin.buffer)
        return
    try:
        with Path(file).open("rb") as lines:
            yield from (line.rstrip(b"\r\n") for line in lines)
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
