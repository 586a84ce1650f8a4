"""The log: one line per event, JSON or for people, on standard error."""

import json
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import structlog
from pydantic_core import to_json
from structlog.typing import FilteringBoundLogger

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


class Log:
    """Where events go, one line each. How much of them may change while the process runs."""

    def __init__(self, level: str, logger_of: Callable[[str], FilteringBoundLogger]) -> None:
        self._level = level
        self._everything, self._as_set = logger_of("debug"), logger_of(level)
        self._log = self._as_set

    @property
    def whole(self) -> bool:
        """Whether everything is written: no level hides anything, and nothing is sampled."""
        return self._log is self._everything

    def write_everything(self) -> None:
        """Hide and leave out nothing from now on."""
        self._log = self._everything
        self._log.info("log is whole", log_level="debug")

    def write_as_set(self) -> None:
        """Write again what the settings say."""
        self._log.info("log is as set", log_level=self._level)
        self._log = self._as_set

    def debug(self, event: str, **fields: object) -> None:
        """Say what is for those who look for a fault of ours."""
        self._log.debug(event, **fields)

    def info(self, event: str, **fields: object) -> None:
        """Say what has happened, as it should."""
        self._log.info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Say what somebody should know of; the worker gets along."""
        self._log.warning(event, **fields)

    def error(self, event: str, **fields: object) -> None:
        """Say what somebody has to put right."""
        self._log.error(event, **fields)


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
    writer = structlog.WriteLogger(stream)

    def logger_of(least: str) -> FilteringBoundLogger:
        logger: FilteringBoundLogger = structlog.wrap_logger(
            writer,
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                renderer,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[least]),
            cache_logger_on_first_use=True,
        )
        return logger

    return Log(level, logger_of)


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
