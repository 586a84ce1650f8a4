"""The chat in which a platform's owner talks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HomeChannel:
    """A DM with the owner; with a thread it is only that thread."""

    chat_id: str
    thread_id: str | None = None
