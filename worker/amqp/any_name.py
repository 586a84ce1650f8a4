"""Names as the broker takes them.

pamqp refuses to write the name of an exchange or queue in which there is more than the letters and
signs that the AMQP specification lists. RabbitMQ takes any UTF-8, and a queue is named after its
model, whatever that is called.
"""

import re

import pamqp.constants

_ANYTHING = re.compile(r".*", re.DOTALL)


def accept_any_name() -> None:
    """Have pamqp write any name. Idempotent."""
    for domain in ("exchange-name", "queue-name"):
        pamqp.constants.DOMAIN_REGEX[domain] = _ANYTHING
