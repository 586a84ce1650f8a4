"""Copies values out of a foreign configuration, and no key with them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from routing.expand import NAME
from routing.node import ListNode, MappingNode, Node, TextNode, is_empty
from routing.written_key import looks_like_key
from worker.importing.note import Notes
from worker.importing.source_block import SourceBlock
from worker.importing.variables import Variables
from worker.importing.written_secret import names_secret, without_secrets
from worker.importing.yaml_text import Document, Plain, Value

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VARIABLE = re.compile(rf"\$\{{({NAME.pattern})(:-[^{{}}]*)?\}}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?", re.ASCII)
_FLAGS = {"true": "true", "false": "false"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a configuration writes variables."""

    variable: Callable[[str], str | None]
    """The name, where a whole text is one variable; else None."""
    written: Callable[[str], str]
    """A text as a table writes it: variables as `${NAME}`, and no other `${`."""


class Copier:
    """Copies single values. What cannot be copied is noted and None.

    A text that looks like a key becomes a variable, wherever it stands.
    """

    def __init__(self, notes: Notes, variables: Variables, dialect: Dialect) -> None:
        self.notes = notes
        self.variables = variables
        self._dialect = dialect

    def text(self, node: TextNode, path: str) -> str | None:
        """Copy a line of text, such as the name of a model."""
        if _CONTROL.search(node.text):
            self.notes.dropped(node, f"`{path}` holds a line break or another control character")
            return None
        if looks_like_key(node.text):
            self.notes.changed(node, f"`{path}` looks like a key, and became a variable")
            return self.variables.new(node.text, node, path, is_key=False)
        return self._written(node, path)

    def url(self, node: TextNode, path: str) -> str | None:
        """Copy a URL, without what should be secret in it."""
        found = without_secrets(node.text)
        if found is None or (found[1] and "${" in node.text):  # a part of a variable is none
            self.notes.changed(node, f"`{path}` may hold a key, and became a variable")
            return self.variables.new(node.text, node, path, is_key=False)
        url, changed = found
        if changed:
            self.notes.changed(node, f"`{path}`: user name, password and keys are left out of it")
        return self.text(TextNode(url, node.plain, node.line, node.column), path)

    def key(self, node: TextNode, path: str, wanted: str = "") -> str:
        """Return a variable for a key: the one that stands there, or a new one, called `wanted`."""
        name = self._dialect.variable(node.text.strip())
        if name is not None:
            return self.variables.known(name, node, path)
        found = _VARIABLE.fullmatch(node.text.strip())
        if found is not None and self._dialect.written(node.text) == node.text:
            self.notes.changed(node, f"`{path}`: a key has no default here")
            return self.variables.known(found[1], node, path)
        self.notes.changed(node, f"`{path}` is a key written out; it became a variable")
        return self.variables.new(node.text.strip(), node, path, wanted=wanted)

    def key_name(self, node: TextNode, path: str) -> str:
        """Return a variable for a field that holds the name of one."""
        name = node.text.strip()
        if NAME.fullmatch(name) and not looks_like_key(name):
            return self.variables.known(name, node, path)
        return self.key(node, path)

    def number(self, node: TextNode, path: str) -> Plain | None:
        """Copy a number, or true or false, as JSON has them."""
        text = node.text.strip()
        if _NUMBER.fullmatch(text) or text.lower() in _FLAGS:
            return Plain(_FLAGS.get(text.lower(), text))
        self.notes.dropped(node, f"`{path}` is no number")
        return None

    def params(self, block: SourceBlock, names: dict[str, str]) -> Document:
        """Copy parameters that are numbers or words; `names` maps theirs to ours."""
        params: Document = {}
        for name, ours in names.items():
            node = block.text(name)
            if node is None:
                continue
            plain = _NUMBER.fullmatch(node.text) or node.text.lower() in _FLAGS
            where = block.where(name)
            value: Value | None = (
                self.number(node, where) if node.plain and plain else self.text(node, where)
            )
            if value is not None:
                params[ours] = value
        return params

    def command(self, block: SourceBlock, fields: Document) -> None:
        """Copy `command` and `args`, unless one of them may hold a key."""
        command, args = block.text("command"), block.items("args")
        texts = [each for each in (command, *args) if isinstance(each, TextNode)]
        if any(looks_like_key(each.text) or names_secret(each.text) for each in texts):
            message = f"`{block.path}`: command and args may hold a key, and would travel in jobs"
            self.notes.dropped(texts[0], message)
            return
        copied = None if command is None else self.text(command, block.where("command"))
        if copied is not None:
            fields["command"] = copied
        listed = [self.text(each, block.where("args")) for each in texts if each is not command]
        if listed and None not in listed:
            fields["args"] = [each for each in listed if each is not None]

    def plain_copy(self, node: Node, path: str) -> Value | None:
        """Copy what tables have in the same form, such as a `match`; None if a part cannot be."""
        if is_empty(node):
            return None
        if isinstance(node, TextNode):
            return self.text(node, path)
        if isinstance(node, ListNode):
            items = [self.plain_copy(item, path) for item in node.items]
            sound = [item for item in items if item is not None]
            return sound if len(sound) == len(items) else None
        copied: Document = {}
        for entry in node.entries:
            value = self.plain_copy(entry.value, f"{path}.{entry.key.text}")
            if value is None:
                return None
            copied[entry.key.text] = value
        return copied

    def _written(self, node: TextNode, path: str) -> str:
        written = self._dialect.written(node.text)
        for found in _VARIABLE.finditer(written):
            if found[2] is None and not written.startswith("$$", max(found.start() - 1, 0)):
                self.variables.known(found[1], node, path, is_key=False)
        return written


def names_in(node: Node) -> Iterator[str]:
    """Yield every name of a variable that a configuration may mean."""
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, TextNode):
            yield from NAME.findall(each.text)
        elif isinstance(each, ListNode):
            stack.extend(each.items)
        elif isinstance(each, MappingNode):
            stack.extend(entry.value for entry in each.entries)
