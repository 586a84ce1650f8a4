"""Where the answer to a turn is to be published."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

_MOST = 255


def _fits(text: str) -> str:
    if len(text.encode()) > _MOST:
        msg = f"is over the {_MOST} bytes of UTF-8 that AMQP has room for"
        raise ValueError(msg)
    return text


_ShortText = Annotated[str, StringConstraints(max_length=_MOST), AfterValidator(_fits)]


class ReplyTo(BaseModel):
    """An AMQP address. Without an exchange it is the default one: the routing key is a queue."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    exchange: _ShortText | None = None
    routing_key: _ShortText
    correlation_id: _ShortText | None = None
