"""A mapping of a foreign configuration, read field by field."""

from collections.abc import Iterator

from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.problem import Placed, quote
from worker.importing.note import start_of


class SourceBlock:
    """A mapping with its path; it remembers what it was asked for, so that the rest can be told.

    What is null, empty or of another kind than the one asked for is None.
    """

    def __init__(self, node: MappingNode, path: str) -> None:
        self.node = node
        self.path = path
        self._entries = {entry.key.text: entry for entry in node.entries}
        self._read: set[str] = set()

    @property
    def place(self) -> Placed:
        return start_of(self.node)

    def where(self, key: str) -> str:
        """Return the path of a field."""
        key = shown_name(key)
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the field is there and says something."""
        entry = self._entries.get(key)
        return entry is not None and not _says_nothing(entry.value)

    def entry(self, key: str) -> Entry:
        """Return a field that is there."""
        return self._entries[key]

    def text(self, key: str) -> TextNode | None:
        node = self._take(key, TextNode)
        return node if isinstance(node, TextNode) else None

    def block(self, key: str) -> "SourceBlock | None":
        node = self._take(key, MappingNode)
        return SourceBlock(node, self.where(key)) if isinstance(node, MappingNode) else None

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the items of a list; none where it is something else."""
        node = self._take(key, ListNode)
        return node.items if isinstance(node, ListNode) else ()

    def blocks(self) -> Iterator[tuple[Entry, "SourceBlock"]]:
        """Yield every field that is a mapping, with its entry."""
        for entry in self.node.entries:
            block = self.block(entry.key.text)
            if block is not None:
                yield entry, block

    def skip(self, *keys: str) -> None:
        """Count fields as read: somebody else tells of them."""
        self._read.update(keys)

    def rest(self) -> list[Entry]:
        """Return the fields that say something and were not read."""
        return [
            entry
            for name, entry in self._entries.items()
            if name not in self._read and not _says_nothing(entry.value)
        ]

    def _take(self, key: str, kind: type[Node]) -> Node | None:
        entry = self._entries.get(key)
        if entry is None or not isinstance(entry.value, kind) or _says_nothing(entry.value):
            return None
        self._read.add(key)
        return entry.value


def _says_nothing(node: Node) -> bool:
    return is_empty(node) or (isinstance(node, MappingNode) and not node.entries)


def shown_name(name: str) -> str:
    """Return a name of the source as messages may show it."""
    return quote(name).strip("`")


def is_true(node: TextNode | None) -> bool | None:
    """Read a yes or no the way YAML 1.1 does; None for anything else."""
    word = "" if node is None else node.text.strip().lower()
    if word in {"true", "yes", "on", "1"}:
        return True
    return False if word in {"false", "no", "off", "0"} else None
