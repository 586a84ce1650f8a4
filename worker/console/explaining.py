"""The answer to what would become of a message: the one that `pointsman explain` gives."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from routing.table import RoutingTable
from worker.explain_given import Basis, explain_given
from worker.explain_json import as_json
from worker.failure import CommandFailed
from worker.pipeline.pipeline import Limits

_KEYS = frozenset({"message", "publisher", "at"})


class Unanswerable(Exception):
    """What was asked is no question; the text says why."""


class Explaining:
    """Explains messages by the table in use. Nothing is published, and no limit counts them."""

    def __init__(self, limits: Limits, prefix: str, table: Callable[[], RoutingTable]) -> None:
        self._limits = limits
        self._prefix = prefix
        self._table = table
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, body: bytes) -> dict[str, Any]:
        """Return what `pointsman explain --format json` prints.

        `body` is `{"message": …, "publisher"?, "at"?}`; the message is one, or an envelope. Raises
        Unanswerable.
        """
        message, publisher, at = _question(body)
        basis = Basis(self._table(), self._limits, self._prefix, at or datetime.now(UTC))
        # Beside the event loop: a long table takes longer than a delivery may wait.
        async with self._one_at_a_time:
            return await asyncio.to_thread(_explain, message, basis, publisher)


def _explain(message: bytes, basis: Basis, publisher: str | None) -> dict[str, Any]:
    try:
        return as_json(explain_given(message, basis, publisher))
    except CommandFailed as error:
        raise Unanswerable(str(error)) from None


def _question(body: bytes) -> tuple[bytes, str | None, datetime | None]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Unanswerable("the body is not JSON") from None
    if not isinstance(asked, dict) or not asked.keys() <= _KEYS:
        raise Unanswerable("the body is an object of message, publisher and at")
    message, publisher = asked.get("message"), asked.get("publisher")
    if not isinstance(message, dict):
        raise Unanswerable("message is an object: a message, or an envelope")
    if publisher is not None and not isinstance(publisher, str):
        raise Unanswerable("publisher is text")
    return json.dumps(message).encode(), publisher, _moment(asked.get("at"))


def _moment(at: Any) -> datetime | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise Unanswerable("at is a time with its zone, such as 2026-01-31T22:00:00Z")
