"""Where the answer to a turn is to be published."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

_ShortText = Annotated[str, StringConstraints(max_length=255)]


class ReplyTo(BaseModel):
    """An AMQP address. Without an exchange it is the default one: the routing key is a queue."""

    model_config = ConfigDict(frozen=True, extra="allow")

    exchange: _ShortText | None = None
    routing_key: _ShortText
    correlation_id: _ShortText | None = None
