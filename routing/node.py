"""A table file as it was written: texts, lists and mappings, each with its place."""

from dataclasses import dataclass, field

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the file; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar. `text` is what was written: `0123`, `1.0` and `no` are just that."""

    text: str = field(repr=False)
    """Not shown: it may be a key."""
    plain: bool
    """Written without quotes, so that `null`, `~` and nothing at all can mean null."""
    line: int
    column: int

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value."""

    key: TextNode
    value: "Node"


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping, in the order written; every key is text and stands in it once."""

    entries: tuple[Entry, ...]
    line: int
    column: int


Node = TextNode | ListNode | MappingNode


def is_empty(node: Node) -> bool:
    """Whether this is null, `""` or `[]`: no opinion."""
    match node:
        case TextNode():
            return node.is_null or not node.text
        case ListNode():
            return not node.items
        case MappingNode():
            return False


def kind_of(node: Node) -> str:
    """Return what this is, in words for a message."""
    match node:
        case TextNode():
            return "nothing" if node.is_null else "text"
        case ListNode():
            return "a list"
        case MappingNode():
            return "a mapping"
