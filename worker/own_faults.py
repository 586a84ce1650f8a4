"""Faults of our own, told without what they quote: an exception's text may hold a message."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worker.amqp.errors import BrokerError
from worker.log import Log, fault

_VALUE = re.compile(r"[^\w\s.,:;!?-]")


class ServiceFault(Exception):
    """A fault of our own ended the service; the log says where."""


@contextmanager
def own_faults(log: Log) -> Iterator[None]:
    """Within the block, log a fault of our own by type and place, and raise ServiceFault for it."""
    try:
        yield
    except BrokerError:
        raise
    except Exception as error:  # noqa: BLE001
        log.error("fault in pointsman", **fault(error))
        raise ServiceFault("ended by a fault of its own; the log has where") from None


def log_stray(log: Log, context: dict[str, Any]) -> None:
    """Log what nobody awaited, as an event loop's exception handler is told it."""
    error = context.get("exception")
    fields = fault(error) if isinstance(error, BaseException) else {}
    # "Exception in callback f(…)": what stands behind the first words are values.
    what = _VALUE.split(str(context.get("message")), 1)[0].strip()
    log.debug("stray error in the event loop", what=what[:200], **fields)
