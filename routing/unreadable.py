"""A table file that cannot be read further."""

from routing.problem import Placed


class UnreadableError(Exception):
    """Reading stops at `place`; the rest of the file stays unknown."""

    def __init__(self, place: Placed, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.place, self.message, self.hint = place, message, hint
