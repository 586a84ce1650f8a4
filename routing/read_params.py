"""Reads `params`: what a runner passes to its model, as JSON."""

import json
import math
import re
from typing import Any

from routing.node import ListNode, MappingNode, Node, TextNode, is_empty
from routing.problem import quote
from routing.reader import Reader

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False}
# What is masked in messages wherever it stands must not be put there by the table.
_SECRETS = frozenset({"api_key", "token", "secret", "password", "authorization"})


def read_params(node: Node, path: str, reader: Reader) -> dict[str, Any] | None:
    """Return a mapping of JSON values; None for no opinion, and for what was reported.

    Plain scalars that are JSON numbers, `true`, `false` or null are just that, quoted ones text.
    """
    if is_empty(node) or (isinstance(node, MappingNode) and not node.entries):
        return None
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, path, "a mapping", "such as `{temperature: 0.2}`")
        return None
    errors = reader.report.error_count
    params = _mapping(node, path, reader)
    return None if reader.report.error_count > errors else params


def _mapping(node: MappingNode, path: str, reader: Reader) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for entry in node.entries:
        name = entry.key.text
        if name.lower() in _SECRETS:
            message = f"`{path}` holds {quote(name)}, and a runtime travels in messages"
            reader.report.error(entry.key, message, "put the secret in `api_key`")
        else:
            values[name] = _value(entry.value, f"{path}.{name}", reader)
    return values


def _value(node: Node, path: str, reader: Reader) -> Any:
    match node:
        case MappingNode():
            return _mapping(node, path, reader)
        case ListNode():
            return [_value(item, f"{path}[{at}]", reader) for at, item in enumerate(node.items)]
        case TextNode():
            return _scalar(node, path, reader)


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
        number = json.loads(text)
    except ValueError:  # Python reads no integer of thousands of digits
        number = math.inf
    if isinstance(number, float) and not math.isfinite(number):
        reader.report.error(node, f"`{path}`: no number is that large")
        return None
    return number
