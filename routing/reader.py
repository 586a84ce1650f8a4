"""Reads values of a table: nodes in, plain values out, problems to the report."""

import re
from collections.abc import Iterable, Mapping

from routing.expand import expand
from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty, kind_of
from routing.problem import quote
from routing.report import Report
from routing.suggest import did_you_mean, one_of

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EMPTY_MAPPING: Mapping[str, Entry] = {}
_NO_HINTS: Mapping[str, str] = {}

# A key in the wrong place is often a right key: these say where it belongs.
_HOMES = {
    **dict.fromkeys(
        ("runtimes", "overrides", "hub_platforms", "owners", "trust", "limits", "worker"),
        "it belongs at the top of the file",
    ),
    **dict.fromkeys(("routes", "by_source"), "it belongs under `model:`"),
    **dict.fromkeys(
        ("home_channel", "publishers", "signing_keys", "isolated"),
        "it belongs under the file's `platforms:`",
    ),
    **dict.fromkeys(("source_kind", "platform"), "it belongs in a `match:`"),
}


class Reader:
    """One reading of one table, with the environment its variables come from.

    Every method takes the node and its path in the file, and returns None for no opinion (null,
    `""`, `[]`) as well as for a value that was reported.
    """

    def __init__(self, report: Report, environ: Mapping[str, str]) -> None:
        self.report = report
        self.written_keys: dict[str, str] = {}
        """`config:` reference to the key that stands in the file."""
        self.platforms: set[str] = set()
        """Every platform named so far, without its instance: each gets an exchange."""
        self.runtimes: frozenset[str] = frozenset()
        """The names of the `runtimes:`, whether or not all is well with them."""
        self._environ = environ

    def text(self, node: Node, path: str) -> str | None:
        """Read one line of text."""
        if is_empty(node):
            return None
        if not isinstance(node, TextNode):
            self.wrong_type(node, path, "text")
            return None
        text = self.expanded(node, path)
        if text is not None and _CONTROL.search(text):
            self.report.error(node, f"`{path}` holds a line break or another control character")
            return None
        return text or None

    def prose(self, node: Node, path: str) -> str | None:
        """Read text of any number of lines, for people."""
        if is_empty(node):
            return None
        if not isinstance(node, TextNode):
            self.wrong_type(node, path, "text")
            return None
        return self.expanded(node, path) or None

    def expanded(self, node: TextNode, path: str) -> str | None:
        """Return the text with its variables filled in, or None where one cannot be."""
        expanded = expand(node.text, self._environ)
        for complaint in expanded.complaints:
            self.report.error(node, f"`{path}`: {complaint.message}", complaint.hint)
        return None if expanded.complaints else expanded.text

    def texts(self, node: Node, path: str) -> tuple[tuple[TextNode, str], ...] | None:
        """Read a list of texts, each with its node. None is an empty list as well."""
        if is_empty(node):
            return None
        if not isinstance(node, ListNode):
            self.wrong_type(node, path, "a list", hint=_in_brackets(node))
            return None
        texts: list[tuple[TextNode, str]] = []
        for at, item in enumerate(node.items):
            if not isinstance(item, TextNode) or item.is_null:
                self.wrong_type(item, f"{path}[{at}]", "text")
            elif (text := self.expanded(item, f"{path}[{at}]")) is not None:
                texts.append((item, text))
        return tuple(texts)

    def choice(self, node: Node, path: str, choices: Iterable[str]) -> str | None:
        """Read one of a few words."""
        known = tuple(choices)
        text = self.text(node, path)
        if text is None or text in known:
            return text
        shown = quote(node.text) if isinstance(node, TextNode) else "it"
        message = f"`{path}` is {one_of(known)}, not {shown}"
        self.report.error(node, message, did_you_mean(text, known))
        return None

    def entries(self, node: Node, path: str) -> tuple[Entry, ...]:
        """Read a mapping whose keys are names that people chose."""
        if is_empty(node):
            return ()
        if not isinstance(node, MappingNode):
            self.wrong_type(node, path, "a mapping")
            return ()
        return tuple(entry for entry in node.entries if self._is_name(entry.key, path))

    def fields(
        self,
        node: Node,
        path: str,
        known: Iterable[str],
        hints: Mapping[str, str] = _NO_HINTS,
    ) -> Mapping[str, Entry]:
        """Read a mapping whose keys are known; others are reported, with hints for some of them."""
        entries = self.entries(node, path)
        if not entries:
            return _EMPTY_MAPPING
        names = tuple(known)
        for entry in entries:
            if entry.key.text not in names:
                self.unknown_key(entry.key, path, names, hints.get(entry.key.text))
        return {entry.key.text: entry for entry in entries if entry.key.text in names}

    def unknown_key(
        self, key: TextNode, path: str, known: tuple[str, ...], hint: str | None = None
    ) -> None:
        """Report a key that means nothing here; `hint` says what to do, where that is known."""
        where = f"in `{path}`" if path else "at the top of the file"
        hint = hint or _HOMES.get(key.text) or did_you_mean(key.text, known)
        hint = hint or f"known are {', '.join(known)}"
        self.report.error(key, f"unknown key {quote(key.text)} {where}", hint)

    def wrong_type(self, node: Node, path: str, wanted: str, hint: str | None = None) -> None:
        """Report a value of another kind than the one wanted. The value is not quoted."""
        self.report.error(node, f"`{path}` must be {wanted}, not {kind_of(node)}", hint)

    def misfit(self, node: Node, path: str, why: object, hint: str | None = None) -> None:
        """Report a value that cannot be what it should. `why` may quote it, unless a variable
        filled it in: what a variable holds is in no message.
        """
        filled = _filled_in(node)
        message = str(why) if filled is None else f"what {quote(filled)} holds does not fit here"
        self.report.error(node, f"`{path}`: {message}", hint)

    def _is_name(self, key: TextNode, path: str) -> bool:
        if key.text and key.text.isprintable():
            return True
        state = "holds a character that cannot be shown" if key.text else "is empty"
        self.report.error(key, f"a key of `{path or 'the file'}` {state}")
        return False


def _filled_in(node: Node) -> str | None:
    """Return the first text in a scalar or a list that has a variable in it."""
    items = node.items if isinstance(node, ListNode) else (node,)
    texts = (item.text for item in items if isinstance(item, TextNode))
    return next((text for text in texts if "${" in text), None)


def _in_brackets(node: Node) -> str | None:
    return "put it in brackets: `[…]`" if isinstance(node, TextNode) else None
