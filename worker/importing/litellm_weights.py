"""How LiteLLM shares requests out among the deployments of one name."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import gcd, lcm

from worker.importing.litellm_deployment import Deployment

_KEYS = ("weight", "rpm", "tpm")
_HEAVIEST = 1_000_000
_FINEST = 10**9


def weights_of(deployments: Sequence[Deployment]) -> tuple[str, list[int]]:
    """Return what the shares follow from, and whole numbers in that proportion.

    As in LiteLLM's shuffle: the first of `weight`, `rpm`, `tpm` that the first deployment states;
    one that does not state it has no share. The first text is empty where all shares are equal.
    """
    key = next((key for key in _KEYS if key in deployments[0].weights), None)
    if key is None:
        return "", [1] * len(deployments)
    stated = [each.weights.get(key) for each in deployments]
    shares = [Fraction(0) if node is None else _share(node.text) for node in stated]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or not sum(known):
        return "", [1] * len(deployments)
    return key, _whole(known)


def _share(text: str) -> Fraction | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= _FINEST or number.adjusted() < -9:
        return None
    return Fraction(number).limit_denominator(_FINEST)


def _whole(shares: Sequence[Fraction]) -> list[int]:
    """Return the smallest whole numbers in proportion, rounded where they would be too large."""
    scale = lcm(*(share.denominator for share in shares))
    numbers = [int(share * scale) for share in shares]
    common = gcd(*numbers)
    numbers = [number // common for number in numbers]
    most = max(numbers)
    if most <= _HEAVIEST:
        return numbers
    return [max(1, number * _HEAVIEST // most) if number else 0 for number in numbers]
