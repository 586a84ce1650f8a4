"""Conversations that come under two routing keys, in the log: at once, and then now and then."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from worker.log import Log

_CONVERSATIONS = 10_000
_INTERVAL = 600.0


@dataclass(slots=True)
class _Seen:
    routing_key: str
    changes: int = 0
    """How often the key has changed since that was told."""
    told: float | None = None


class RoutingKeyLog:
    """Warns at most once in ten minutes of a conversation: each of its messages may change keys.

    It has the last 10,000 conversations in mind.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        """By a digest of the conversation, whose key may have thousands of characters."""

    def __len__(self) -> int:
        return len(self._seen)

    def changed(self, conversation: str, routing_key: str, shown: str, now: float) -> bool:
        """Note a message's routing key; tell whether its conversation had another one before.

        `shown` is the conversation as the log may hold it, `now` monotonic time in seconds.
        """
        name = blake2b(conversation.encode(), digest_size=16).digest()
        seen = self._seen.get(name)
        if seen is None:
            self._seen[name] = _Seen(routing_key)
            if len(self._seen) > _CONVERSATIONS:
                self._seen.popitem(last=False)
            return False
        if seen.routing_key == routing_key:
            return False
        seen.routing_key = routing_key
        seen.changes += 1
        if seen.told is None or now - seen.told >= _INTERVAL:
            self._log.warning(
                "conversation under two routing keys: its order cannot be kept",
                conversation=shown,
                changes=seen.changes,
            )
            seen.changes, seen.told = 0, now
        return True
