"""Which variant of a split a conversation gets: always the same."""

from collections.abc import Sequence
from hashlib import sha256

_BYTES = 8


def lot(conversation: str, total: int) -> int:
    """Return what a conversation's key draws: a number from 0, less than `total`.

    The first 8 bytes of the key's sha256, big-endian, modulo the total.
    """
    return int.from_bytes(sha256(conversation.encode()).digest()[:_BYTES], "big") % total


def chosen(conversation: str, weights: Sequence[int]) -> int:
    """Return the place of the variant, from 0, for a conversation's key.

    Its lot, of the sum of the weights, is walked along the weights in their order.
    """
    left = lot(conversation, sum(weights))
    for place, weight in enumerate(weights):
        if left < weight:
            return place
        left -= weight
    msg = "a split has at least one weight, and each is at least 1"
    raise ValueError(msg)
