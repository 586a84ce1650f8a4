"""How a command shows its result."""

from enum import StrEnum


class OutputFormat(StrEnum):
    """For people, or for programs."""

    TEXT = "text"
    JSON = "json"
