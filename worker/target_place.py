"""Where the turns of a target go: the queue, and the host that answers."""

from urllib.parse import urlsplit

from routing.decision import queue_name
from routing.target import Target


def target_queue(target: Target, prefix: str) -> str:
    """Return the queue that the target's turns go to."""
    return queue_name(target.queue, target.runtime.model, prefix)


def host(base_url: str) -> str:
    """Return the host of an address, and its port; no table holds one with a password in it."""
    try:
        return urlsplit(base_url).netloc or "?"
    except ValueError:
        return "?"
