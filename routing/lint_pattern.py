"""Warns of patterns that say less than they seem to."""

import re

from routing.context import METADATA
from routing.node import TextNode
from routing.pattern import is_plain_glob
from routing.report import Report

_ALL = re.compile(r"\^?(?:\(\?s\))?\(?(?:\?s?:)?(?:\.\*\??)+\)?\$?")
_SOME = re.compile(r"\^?\(?(?:\?:)?\.\+\??\)?\$?")
_ESCAPED = re.compile(r"\\([^\w\s])", re.ASCII)
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def lint_pattern(
    operator: str, text: str, key: str, where: str, node: TextNode, report: Report
) -> None:
    """Warn of a text of `prefix`, `suffix`, `glob` or `regex` that is a value, or fits any."""
    if _fits_everything(operator, text, key):
        hint = f"`exists: {'false' if '.not.' in where else 'true'}` says that"
        report.warning(node, f"`{where}` fits every text", hint)
    elif _is_plain(operator, text):
        hint = "write the text itself, without the operator"
        report.warning(node, f"`{where}` is a plain text: it fits that and nothing else", hint)


def _fits_everything(operator: str, text: str, key: str) -> bool:
    # No fact is empty but those of `metadata`.
    never_empty = not key.startswith(METADATA)
    match operator:
        case "glob":
            return bool(text) and (set(text) == {"*"} or (never_empty and _is_any_glob(text)))
        case "regex":
            return _ALL.fullmatch(text) is not None or (
                never_empty and _SOME.fullmatch(text) is not None
            )
        case _:
            return not text


def _is_any_glob(text: str) -> bool:
    return set(text) == {"*", "?"} and text.count("?") == 1


def _is_plain(operator: str, text: str) -> bool:
    if operator == "glob":
        return is_plain_glob(text)
    return operator == "regex" and _SPECIAL.search(_ESCAPED.sub("", text)) is None
