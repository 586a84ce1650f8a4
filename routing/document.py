"""YAML as it was written. The one place that knows the YAML library.

Scalars keep their text, so YAML 1.1's readings of `no`, `0123` and `1.0` never happen. Nodes are
built from the parser's events, one by one: nothing recurses, and what aliases would expand to is
counted before anybody walks it.
"""

import re
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from routing.node import Entry, ListNode, MappingNode, Node, Place, TextNode
from routing.problem import quote
from routing.report import Report
from routing.shield import shield, unshield
from routing.table_text import decode_table
from routing.unreadable import UnreadableError

MAX_DEPTH = 64
MAX_NODES = 1_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_LIST_TAGS = frozenset({None, "!", "tag:yaml.org,2002:seq"})
_MAPPING_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map"})
_MERGE = "<<"
_HINTS = {
    "cannot start any token": "indent with spaces, and quote a text that begins with a mark",
    "mapping values are not allowed": "quote a text that holds `: `, and mind the indentation",
    "escape c": "inside double quotes write \\\\ for a backslash",
}


def read_document(data: bytes, report: Report) -> Node | None:
    """Return what the file says, or None for an empty file or one that cannot be read.

    Problems go to `report`; whatever the bytes are, nothing is raised.
    """
    try:
        return _Composer(report).compose(shield(decode_table(data)))
    except UnreadableError as error:
        report.error(error.place, error.message, error.hint)
    return None


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    place: Place
    anchor: str | None
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)
    size: int = 1


class _Composer:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[Node, int]] = {}
        self._root: Node | None = None

    def compose(self, text: str) -> Node | None:
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise _explain(error, text) from None
        return self._root

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._attach(_text(event), 1, event.anchor)
            case yaml.AliasEvent():
                self._attach(*self._aliased(event), None)
            case yaml.SequenceStartEvent():
                self._begin(event, _LIST_TAGS, is_mapping=False)
            case yaml.MappingStartEvent():
                self._begin(event, _MAPPING_TAGS, is_mapping=True)
            case yaml.CollectionEndEvent():
                self._end()
            case yaml.DocumentStartEvent() if self._root is not None:
                raise UnreadableError(
                    _start(event), "a second document begins here", "one file holds one table"
                )

    def _aliased(self, event: yaml.AliasEvent) -> tuple[Node, int]:
        if any(opened.anchor == event.anchor for opened in self._open):
            raise UnreadableError(_start(event), "an alias stands inside what it stands for")
        if (found := self._anchored.get(event.anchor or "")) is None:
            raise UnreadableError(
                _start(event),
                "an alias stands for an anchor that is not above it",
                "quote a text that begins with `*`",
            )
        return found

    def _begin(
        self, event: yaml.CollectionStartEvent, tags: frozenset[str | None], *, is_mapping: bool
    ) -> None:
        _check_tag(event, tags)
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableError(
                _start(event), f"the file is nested deeper than {MAX_DEPTH} levels"
            )
        self._open.append(_Open(_start(event), event.anchor, is_mapping))

    def _end(self) -> None:
        done = self._open.pop()
        line, column = done.place.line, done.place.column
        node: Node
        if done.is_mapping:
            node = MappingNode(self._entries(done.nodes), line, column)
        else:
            node = ListNode(tuple(done.nodes), line, column)
        self._attach(node, done.size, done.anchor)

    def _attach(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchored[anchor] = (node, size)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.nodes.append(node)
        parent.size += size
        if parent.size > MAX_NODES:
            raise UnreadableError(
                parent.place, f"more than {MAX_NODES} values, an alias counted as what it repeats"
            )

    def _entries(self, nodes: list[Node]) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, TextNode):
                self._report.error(key, "a key is a text", "quote it, if it is meant as text")
            elif (first := entries.get(key.text)) is not None:
                again = f"duplicate key {quote(key.text)}"
                self._report.error(key, again, f"it stands on line {first.key.line} already")
            else:
                entries[key.text] = Entry(key, value)
        if _MERGE in entries and entries[_MERGE].key.plain:
            for entry in self._merged(entries.pop(_MERGE)):
                entries.setdefault(entry.key.text, entry)
        return tuple(entries.values())

    def _merged(self, merge: Entry) -> list[Entry]:
        """Return what `<<` brings in; the mapping's own entries come first, then in this order."""
        sources = merge.value.items if isinstance(merge.value, ListNode) else (merge.value,)
        entries: list[Entry] = []
        for source in sources:
            if isinstance(source, MappingNode):
                entries.extend(source.entries)
            else:
                self._report.error(merge.key, "`<<` takes a mapping or a list of mappings")
        return entries


def _text(event: yaml.ScalarEvent) -> TextNode:
    _check_tag(event, _TEXT_TAGS)
    text = unshield(event.value)
    place = _start(event)
    if not text.isascii() and _SURROGATE.search(text):
        raise UnreadableError(place, "half of a UTF-16 pair is not a character")
    return TextNode(text, not event.style and event.tag is None, place.line, place.column)


def _start(event: yaml.Event) -> Place:
    return _place(event.start_mark)


class _Mark(Protocol):
    """What both parsers, the fast and the portable one, call a place; from 0."""

    line: int
    column: int


def _place(mark: _Mark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def _check_tag(
    event: yaml.ScalarEvent | yaml.CollectionStartEvent, known: frozenset[str | None]
) -> None:
    if event.tag not in known:
        raise UnreadableError(
            _start(event), "tags are not read here", "quote a text that begins with `!`"
        )


def _explain(error: yaml.MarkedYAMLError, text: str) -> UnreadableError:
    """Say what the parser found, in its words less the names: one might be a piece of a key."""
    problem = re.sub(r"(tag handle) .*", r"\1", error.problem or "it cannot be parsed")
    message = f"not YAML: {problem}"
    mark, begun = error.problem_mark, error.context_mark
    if mark is not None and begun is not None:
        # At the end of the file there is nothing to see: show what was never closed.
        at_end = not text[mark.index :].strip()
        if at_end or begun.line < mark.line:
            message += f" ({error.context} that begins on line {begun.line + 1})"
        mark = begun if at_end else mark
    hint = next((hint for words, hint in _HINTS.items() if words in problem), None)
    return UnreadableError(_inside(_place(mark), text), unshield(message), hint)


def _inside(place: Place, text: str) -> Place:
    """Return the place, or the last one with something in it: the end of a file is after that."""
    lines = _LINE_BREAK.split(text.rstrip())
    return place if place.line <= len(lines) else Place(len(lines), max(1, len(lines[-1])))
