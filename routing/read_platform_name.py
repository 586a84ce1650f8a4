"""Reads the name of a platform in a table."""

import string

from contracts import PlatformName
from routing.node import TextNode
from routing.problem import quote
from routing.reader import Reader

# `in.open` and `in.redrive` are exchanges of the service's own.
_RESERVED = frozenset({"open", "redrive"})


def read_platform_name(text: str, node: TextNode, path: str, reader: Reader) -> PlatformName | None:
    """Return the platform, and its instance if one is named; None if it is reported.

    `text` is what the node says with its variables filled in; messages quote the node.
    """
    if any(char in string.ascii_uppercase for char in text):
        hint = f"write {quote(node.text.lower())}" if text == node.text else None
        message = f"`{path}`: the platform {quote(node.text)} has upper-case letters"
        reader.report.error(node, message, hint)
        return None
    try:
        name = PlatformName.parse(text)
    except ValueError as error:
        reader.report.error(node, f"`{path}`: {quote(node.text)} is no platform", str(error))
        return None
    if name.platform in _RESERVED:
        reader.report.error(
            node, f"`{path}`: no platform can be called `{name.platform}`, an exchange is"
        )
        return None
    return name
