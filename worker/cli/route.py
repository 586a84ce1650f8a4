"""`pointsman route`: the embedded form, without a broker."""

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from contracts import DeadReason
from routing.decide import Router
from routing.rejection import Rejection
from routing.trust import Trust
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.input_lines import input_lines
from worker.cli.moment_option import AtOption, moment
from worker.cli.read_settings import read_settings
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.envelope import read_delivery
from worker.pipeline.build_job import Stamp
from worker.pipeline.judge_signature import judge_by
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter
from worker.service.sequencer import Sequencer
from worker.signing_keys import SigningKeys

_NOT_BELIEVED = "; a message that comes without one needs `--trust open`"


@with_setting_options("prefix", "max_body", "max_hops")
def route(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="JSON lines; - is standard input.")
    ] = "-",
    config: ConfigOption = DEFAULT_CONFIG,
    trust: Annotated[
        Trust | None,
        typer.Option(help="Instead of the table's. Bare messages need `open`."),
    ] = None,
    at: AtOption = None,
    **flags: Any,
) -> None:
    """Route JSON lines without a broker: one line out for each line in, in order.

    A line is an inbound message, or an envelope {"exchange", "routing_key", "properties", "body"}.
    The answer is a turn job, or {"dead": {"reason", "detail"}}. Exit code 0 when every line was
    answered. The table's `limits:` do not count here: nothing says when a line arrived.

    Example:  pointsman route --trust open messages.jsonl

    Example:  echo '{"text": "hi", "source": {"platform": "cli"}}' | pointsman route --trust open
    """
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, flags)
    table = replace(loaded.table, trust=trust) if trust else loaded.table
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    pipeline = Pipeline(Router(table), limits, settings.prefix, judge_by(SigningKeys()))
    sequencer, fixed = Sequencer(), moment(at)
    for number, line in enumerate(input_lines(file), start=1):
        now = fixed or datetime.now(UTC)
        stamp = Stamp(now, sequencer.next(round(now.timestamp() * 1_000_000)))
        sys.stdout.buffer.write(_answer(pipeline, line, number, stamp) + b"\n")
        sys.stdout.buffer.flush()


def _answer(pipeline: Pipeline, line: bytes, number: int, stamp: Stamp) -> bytes:
    try:
        delivery = read_delivery(line, number)
    except Rejection as rejection:
        return _dead(rejection.reason, rejection.detail)
    made = pipeline(delivery, stamp)
    if isinstance(made, DeadLetter):
        bare = made.reason is DeadReason.UNTRUSTED_ORIGIN and not delivery.exchange
        return _dead(made.reason, made.detail + (_NOT_BELIEVED if bare else ""))
    return made.publication.body


def _dead(reason: DeadReason, detail: str) -> bytes:
    return json.dumps({"dead": {"reason": reason, "detail": detail}}, ensure_ascii=False).encode()
