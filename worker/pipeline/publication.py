"""What we hand to AMQP."""

from dataclasses import dataclass, field

from worker.pipeline.delivery import Properties


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to publish: always mandatory, persistent and confirmed.

    `properties.message_id` stays unset: every publish attempt gets a fresh one below the seam,
    because two publishes in flight under one id would get each other's confirms.
    """

    exchange: str
    routing_key: str
    body: bytes = field(repr=False)
    properties: Properties
