"""Leaves keys out of what is written to a file."""

from typing import Any

from routing.secret_name import may_be_secret
from worker.pipeline.redact import REDACTED


def without_keys(value: Any) -> tuple[Any, bool]:
    """Return a JSON value without anything that has a key's name, at any depth, and whether it had.

    Wider than what is taken out of jobs: a file is kept, and read by others than runners. The value
    itself is not changed.
    """
    if isinstance(value, list):
        items = [without_keys(item) for item in value]
        return [item for item, _ in items], any(had for _, had in items)
    if not isinstance(value, dict):
        return value, False
    clean: dict[str, Any] = {}
    had = False
    for name, inner in value.items():
        if inner is not None and inner != REDACTED and may_be_secret(name):
            clean[name], had = REDACTED, True
        else:
            clean[name], inside = without_keys(inner)
            had = had or inside
    return clean, had
