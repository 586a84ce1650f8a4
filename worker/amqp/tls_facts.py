"""How a broker protects a connection: which TLS, and until when its certificate is good."""

import asyncio
import ssl
from datetime import UTC, datetime

from yarl import URL

from worker.amqp.connect import translated_errors
from worker.broker_access import BrokerAccess
from worker.doctor.broker_facts import TlsFacts
from worker.settings import Settings

_PORT = 5671


async def tls_facts(settings: Settings, url: str, timeout: float) -> TlsFacts:
    """Shake hands once more, as the settings say, and go: what aio-pika has opened does not tell.

    Raises BrokerUnavailable or AccessRefused.
    """
    parts = URL(url)
    with translated_errors("cannot look at the broker's certificate"):
        context = await asyncio.to_thread(BrokerAccess.of(settings).tls)
        opening = asyncio.open_connection(parts.host, parts.port or _PORT, ssl=context)
        _, writer = await asyncio.wait_for(opening, timeout)
        try:
            spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
            # An unverified certificate is not read either, and there is nothing in it then.
            until = (spoken.getpeercert() or {}).get("notAfter")
            return TlsFacts(spoken.version() or "unknown", _moment(until))
        finally:
            writer.transport.abort()


def _moment(until: object) -> datetime | None:
    if not isinstance(until, str):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)
