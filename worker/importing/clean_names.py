"""Leaves out what has a key for its name: names are copied and shown."""

import re

from routing.node import Entry, ListNode, MappingNode, Node, TextNode
from routing.secret_name import is_secret_name
from routing.written_key import looks_like_key
from worker.importing.note import Notes

# `api_key:…` without its space reads as one name.
_KEY_INSIDE = re.compile(r"(?:key|token|secret|password)\s*[:=]", re.IGNORECASE)


def clean_names(node: Node, notes: Notes, *, in_match: bool = False) -> Node:
    """Return a document without the fields whose name may be a key; each is noted.

    What a rule asks for goes as a whole, for with less of it the rule would match more.
    """
    if isinstance(node, TextNode):
        return node
    if isinstance(node, ListNode):
        items = tuple(clean_names(item, notes, in_match=in_match) for item in node.items)
        return ListNode(items, node.line, node.column)
    entries = []
    for entry in node.entries:
        name = entry.key.text
        if in_match and is_secret_name(name.rpartition(".")[2]):
            message = "a rule asks for what is masked in messages, and its value may be a key"
            notes.dropped(entry.key, message)
            return MappingNode((), node.line, node.column)
        if looks_like_key(name) or _KEY_INSIDE.search(name):
            notes.dropped(entry.key, "a name here looks like a key, so what it names is left out")
            if in_match:
                return MappingNode((), node.line, node.column)
        else:
            inside = in_match or name == "match"
            entries.append(Entry(entry.key, clean_names(entry.value, notes, in_match=inside)))
    return MappingNode(tuple(entries), node.line, node.column)
