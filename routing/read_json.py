"""Reads values of a table that are JSON: YAML's plain scalars are what JSON would make of them."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from routing.node import ListNode, MappingNode, Node, TextNode
from routing.reader import Reader
from routing.written_float import WrittenFloat

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False}


def read_json(node: Node, path: str, reader: Reader) -> Any:
    """Return a JSON value; None for null, and for what was reported.

    Plain scalars that are JSON numbers, `true`, `false` or null are just that, quoted ones text.
    """
    match node:
        case MappingNode():
            return {
                entry.key.text: read_json(entry.value, f"{path}.{entry.key.text}", reader)
                for entry in node.entries
            }
        case ListNode():
            return [read_json(item, f"{path}[{at}]", reader) for at, item in enumerate(node.items)]
        case TextNode():
            return _scalar(node, path, reader)


def keys_within(node: Node, path: str) -> Iterator[tuple[TextNode, str]]:
    """Yield every key at any depth, with the path of what it stands in."""
    match node:
        case MappingNode():
            for entry in node.entries:
                yield entry.key, path
                yield from keys_within(entry.value, f"{path}.{entry.key.text}")
        case ListNode():
            for at, item in enumerate(node.items):
                yield from keys_within(item, f"{path}[{at}]")


def _scalar(node: TextNode, path: str, reader: Reader) -> Any:
    if node.is_null:
        return None
    text = reader.expanded(node, path)
    if text is None or not node.plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    try:
        number = json.loads(text, parse_float=WrittenFloat)
    except ValueError:  # Python reads no integer of thousands of digits
        number = math.inf
    if isinstance(number, float) and not math.isfinite(number):
        reader.report.error(node, f"`{path}`: no number is that large")
        return None
    return number
