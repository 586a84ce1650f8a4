"""What to write instead of operators that there are none of."""

from collections.abc import Iterable, Iterator, Mapping

from routing.node import Entry, ListNode, Node, TextNode
from routing.problem import quote

_EQUALS = frozenset({"equals", "equal", "eq", "is", "=", "=="})
_CONTAINS = frozenset({"contains", "contain", "includes", "has", "like"})
_OPPOSITE = {"true": "false", "false": "true"}


def operator_hints(entries: Iterable[Entry], key: str, *, inside_not: bool) -> Mapping[str, str]:
    """Return operator to hint, where it is plain what was meant of the fact `key`."""
    return dict(_hints(entries, "not" if inside_not else key, inside_not=inside_not))


def _hints(entries: Iterable[Entry], key: str, *, inside_not: bool) -> Iterator[tuple[str, str]]:
    for entry in entries:
        name, value = entry.key.text, entry.value
        if name.lower() in _EQUALS and isinstance(value, TextNode) and not value.is_null:
            written = value.text if value.plain else f'"{value.text}"'
            yield name, f"write the text itself: {quote(f'{key}: {written}')}"
        elif name.lower() in _EQUALS and isinstance(value, ListNode):
            yield name, f"write the list itself: `{key}: […]`"
        elif name.lower() in _CONTAINS:
            yield name, "a part of a text is for `glob`, as in `glob: '*part*'`, or for `regex`"
        elif name == "exists" and inside_not and (opposite := _opposite(value)):
            yield name, f"write `exists: {opposite}` in place of the `not`"


def _opposite(value: Node) -> str | None:
    return _OPPOSITE.get(value.text) if isinstance(value, TextNode) else None
