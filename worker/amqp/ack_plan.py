"""Which acks to send for the deliveries of one channel."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ack:
    """One `basic.ack`; `multiple` settles every unsettled delivery up to `tag` as well."""

    tag: int
    multiple: bool


class AckPlan:
    """Turns settled delivery tags into as few acks as is safe.

    Tags of a channel count up from 1. Everything up to the highest contiguous settled tag goes
    into one ack; a tag beyond a held one is acked singly once it has waited for `patience` seconds,
    since most gaps close by themselves.
    """

    def __init__(self, patience: float = 0.02) -> None:
        self._patience = patience
        self._contiguous = 0
        self._beyond: dict[int, float] = {}
        """Settled, not yet acked, beyond the contiguous prefix: tag to the time it was settled."""
        self._acked: set[int] = set()
        """Acked singly, beyond the contiguous prefix."""

    @property
    def waiting(self) -> bool:
        """Whether a settled tag still waits to be acked."""
        return bool(self._beyond)

    def settle(self, tags: Sequence[int], now: float) -> None:
        """Note that deliveries were settled. `now` is monotonic time in seconds."""
        for tag in tags:
            self._beyond[tag] = now

    def take(self, now: float) -> list[Ack]:
        """Return the acks to send now."""
        acks = self._take_prefix()
        late = [tag for tag, since in self._beyond.items() if now - since >= self._patience]
        for tag in late:
            del self._beyond[tag]
            self._acked.add(tag)
            acks.append(Ack(tag, multiple=False))
        return acks

    def take_all(self) -> list[Ack]:
        """Return the acks of everything settled, before the channel is closed."""
        return self.take(float("inf"))

    def _take_prefix(self) -> list[Ack]:
        last = 0
        count = 0
        while True:
            following = self._contiguous + 1
            if self._beyond.pop(following, None) is not None:
                # An ack must name a tag that is still unsettled on the channel, so the last of
                # these is named, not a later one that was acked singly.
                last = following
                count += 1
            elif following in self._acked:
                self._acked.discard(following)
            else:
                break
            self._contiguous = following
        return [Ack(last, multiple=count > 1)] if last else []
