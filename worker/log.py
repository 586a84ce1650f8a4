"""The log: one line per event, JSON or for people, on standard error."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from pydantic_core import to_json

from worker.log_line import json_line, plain_line

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
# Their messages quote frames, and frames hold bodies and passwords. What they have to say about a
# connection, `worker.amqp` says in our words. asyncio quotes the arguments of what it calls; its
# errors come to the event loop's handler, and so to `log_stray`.
_SILENCED = ("aio_pika", "aiormq", "pamqp", "aiohttp", "asyncio")

_FRAMES = 30

Log = structlog.typing.FilteringBoundLogger


def open_log(log_format: str, level: str, stream: TextIO | None = None) -> Log:
    """Return the process's log, on `stream` (standard error if None).

    `log_format` is `json`, `text`, or `auto`: text on a terminal, JSON elsewhere.
    """
    silence_libraries()
    stream = stream or sys.stderr
    as_json = log_format == "json" or (log_format == "auto" and not stream.isatty())
    renderer: Any = (
        json_line(structlog.processors.JSONRenderer(serializer=_json))
        if as_json
        else plain_line(structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=10))
    )
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return log


def silence_libraries() -> None:
    """Have the libraries that speak AMQP and HTTP log nothing, whoever asked them to."""
    for name in _SILENCED:
        library = logging.getLogger(name)
        library.handlers = [logging.NullHandler()]
        library.propagate = False
        library.setLevel(logging.CRITICAL + 1)
    # Somebody may have given a module's logger a handler, or a level, of its own.
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in _SILENCED:
            logger.disabled = True


def fault(error: BaseException) -> dict[str, Any]:
    """Return the log fields of a fault: its type and where it happened.

    Not its text: an exception likes to quote the value it choked on.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "traceback": where}


def _json(event: Mapping[str, Any], **_options: Any) -> str:
    try:
        return to_json(event, fallback=str).decode()
    except ValueError:  # half a character, or bytes: a line all the same
        return json.dumps(event, default=str)
