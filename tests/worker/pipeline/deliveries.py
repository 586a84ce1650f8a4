"""Deliveries, and a pipeline by a small table, for the tests of this folder."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from routing.decide import Router
from routing.table import RoutingTable
from tests.routing.tables import table
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
STAMP = Stamp(NOW, 1_700_000_000_000_000)


def delivery(
    body: bytes | Mapping[str, Any],
    *,
    exchange: str = "in.telegram",
    routing_key: str = "rk",
    **properties: Any,
) -> Delivery:
    """A delivery of `body`, by default from telegram's exchange."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(
        tag=1,
        body=raw,
        exchange=exchange,
        routing_key=routing_key,
        properties=Properties(**properties),
    )


def message(**fields: Any) -> dict[str, Any]:
    """A message as a hub platform writes it: a DM in chat 42."""
    source = {"chat_id": "42", "chat_type": "dm", "user_id": "9"}
    return {"message_id": "m-1", "text": "hello", "source": source, **fields}


def pipeline(of: RoutingTable | None = None, prefix: str = "", **limits: int) -> Pipeline:
    """A pipeline by `of`, or by a table that says nothing but the base model."""
    return Pipeline(Router(of or table()), Limits(**limits), prefix)
