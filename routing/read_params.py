"""Reads `params`: what a runner passes to its model, as JSON."""

from typing import Any

from routing.node import MappingNode, Node, is_empty
from routing.problem import quote
from routing.read_json import keys_within, read_json
from routing.reader import Reader
from routing.secret_name import may_be_secret


def read_params(node: Node, path: str, reader: Reader) -> dict[str, Any] | None:
    """Return a mapping of JSON values; None for no opinion, and for what was reported."""
    if is_empty(node) or (isinstance(node, MappingNode) and not node.entries):
        return None
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, path, "a mapping", "such as `{temperature: 0.2}`")
        return None
    errors = reader.report.error_count
    for key, where in keys_within(node, path):
        if may_be_secret(key.text):
            message = f"`{where}` holds {quote(key.text)}, and a runtime travels in messages"
            reader.report.error(key, message, "put the secret in `api_key`")
    params: dict[str, Any] = read_json(node, path, reader)
    return None if reader.report.error_count > errors else params
