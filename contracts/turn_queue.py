"""The queue that holds a model's turn jobs."""

from contracts.short import short


def turn_queue(model: str, prefix: str = "") -> str:
    """Return the name of the queue that turn jobs for `model` are published to.

    `prefix` is the deployment's, where a broker is shared.
    """
    return short(f"{prefix}turns.{model}")
