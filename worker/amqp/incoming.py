"""From what aiormq delivers to a delivery: plain values."""

from datetime import datetime
from typing import Any

import aiormq.abc

from worker.partitions import Partition
from worker.pipeline.delivery import Delivery, Properties

_NO_HEADERS: dict[str, Any] = {}


def to_delivery(
    message: aiormq.abc.DeliveredMessage, partition: Partition | None, before: int = 0
) -> Delivery:
    """Return the delivery; its tag is so many more than the channel's.

    Total: whatever the properties are, nothing is raised.
    """
    deliver: Any = message.delivery
    given: Any = message.header.properties
    timestamp = given.timestamp
    return Delivery(
        tag=before + deliver.delivery_tag,
        body=message.body,
        exchange=deliver.exchange or "",
        routing_key=deliver.routing_key or "",
        redelivered=bool(deliver.redelivered),
        partition=partition,
        properties=Properties(
            content_type=given.content_type,
            content_encoding=given.content_encoding,
            headers=given.headers or _NO_HEADERS,
            priority=given.priority,
            correlation_id=given.correlation_id,
            reply_to=given.reply_to,
            expiration=given.expiration,
            message_id=given.message_id,
            timestamp=int(timestamp.timestamp()) if isinstance(timestamp, datetime) else timestamp,
            type=given.message_type,
            user_id=given.user_id,
            app_id=given.app_id,
        ),
    )
