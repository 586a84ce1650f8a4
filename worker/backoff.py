"""How long to wait before trying again."""

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_random_exponential


class Backoff:
    """Jittered exponential waits between a least and a most, in seconds."""

    def __init__(self, least: float, most: float) -> None:
        self._policy = wait_random_exponential(multiplier=2 * least, min=least, max=most)

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after the given attempt, counted from 1."""
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return float(self._policy(state))
