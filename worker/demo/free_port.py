"""A TCP port on 127.0.0.1 that a server of ours can take."""

import contextlib
import random
import socket
from pathlib import Path

_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_EPHEMERAL_START = 32_768
_LOWEST = 10_000


def port_near(wanted: int) -> int:
    """The wanted port if nothing listens there now, else another free one."""
    with socket.socket() as candidate, contextlib.suppress(OSError):
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        candidate.bind(("127.0.0.1", wanted))
        return wanted
    return free_port()


def free_port() -> int:
    """A port that nothing listens on now; somebody else may still take it first.

    It lies below the range the kernel takes outgoing ports from. Inside that range a client that
    keeps trying to connect while its server is down sooner or later connects to itself, and the
    server cannot come back.
    """
    highest = _ephemeral_start() - 1
    while True:
        port = random.randint(_LOWEST, highest) if highest > _LOWEST else 0
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            return int(candidate.getsockname()[1])


def _ephemeral_start() -> int:
    try:
        return int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _USUAL_EPHEMERAL_START
