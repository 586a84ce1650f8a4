"""The broker that POINTSMAN_AMQP_URL names."""

import contextlib
import socket
from urllib.parse import urlsplit

from worker.demo.broker_unavailable import BrokerUnavailable

URL_VARIABLE = "POINTSMAN_AMQP_URL"

_DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671}
_CONNECT_TIMEOUT = 5.0


def reachable_broker(urls: str) -> str:
    """`host:port` of the first broker in a comma list of AMQP URLs that takes a connection.

    Raises `BrokerUnavailable` if none does, or if one is no AMQP URL. The URL itself is never
    repeated: it may hold a password.
    """
    addresses = [_address(url.strip()) for url in urls.split(",")]
    for host, port in addresses:
        try:
            socket.create_connection((host, port), _CONNECT_TIMEOUT).close()
        except OSError:
            continue
        return f"{host}:{port}"
    places = ", ".join(f"{host}:{port}" for host, port in addresses)
    raise BrokerUnavailable(f"{URL_VARIABLE} names {places}, where nothing answers")


def _address(url: str) -> tuple[str, int]:
    with contextlib.suppress(ValueError):  # a port or a host that is none
        parts = urlsplit(url)
        usual = _DEFAULT_PORTS.get(parts.scheme)
        if parts.hostname and usual:
            return parts.hostname, parts.port or usual
    raise BrokerUnavailable(f"{URL_VARIABLE} must be amqp://user:password@host:port/vhost")
