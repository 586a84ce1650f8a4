"""Which letters an erasure request is about."""

import json
import re
from dataclasses import dataclass, field

from routing.table import RoutingTable
from worker.dead.letter import Letter
from worker.dead.traces import Traces, traces

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
"""Of JSON; no worker reads the latter two, and any feeder may write them."""


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
        id_ = self.conversation or self.user or ""
        written = {id_, json.dumps(id_)[1:-1], json.dumps(id_, ensure_ascii=False)[1:-1]}
        sought = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, written))})(?![\w-])")
        return any(sought.search(body.decode(each, "replace")) for each in _ENCODINGS)
