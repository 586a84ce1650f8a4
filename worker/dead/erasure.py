"""Which letters an erasure request is about."""

import re
from dataclasses import dataclass, field

from routing.table import RoutingTable
from worker.dead.letter import Letter
from worker.dead.traces import Traces, traces


@dataclass(slots=True)
class Erasure:
    """A conversation, or a user of a platform. Counts what it cannot be sure of."""

    table: RoutingTable
    conversation: str | None = field(default=None, repr=False)
    platform: str | None = None
    user: str | None = field(default=None, repr=False)
    unsure: list[str] = field(default_factory=list)
    """Ids of letters whose body cannot be read, and holds the id somewhere."""

    def is_about(self, letter: Letter) -> bool:
        """Whether a letter is of the conversation or the user.

        One that nobody names a platform for is the user's if it has the id.
        """
        found = traces(letter, self.table)
        if not found.readable:
            if self._mentions(letter.body):
                self.unsure.append(letter.id)
            return False
        if self.conversation is not None:
            return self.conversation in found.conversations
        return self.user in found.users and self._is_there(found)

    def _is_there(self, found: Traces) -> bool:
        return not found.platforms or self.platform in found.platforms

    def _mentions(self, body: bytes) -> bool:
        sought = re.escape((self.conversation or self.user or "").encode())
        return re.search(rb"(?<![\w-])" + sought + rb"(?![\w-])", body) is not None
