"""Leaves out what has a key for its name: names are copied and shown."""

import re

from routing.node import Entry, ListNode, MappingNode, Node, TextNode
from worker.importing.note import Notes
from worker.importing.written_secret import looks_like_key

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
        if looks_like_key(entry.key.text) or _KEY_INSIDE.search(entry.key.text):
            notes.dropped(entry.key, "a name here looks like a key, so what it names is left out")
            if in_match:
                return MappingNode((), node.line, node.column)
        else:
            inside = in_match or entry.key.text == "match"
            entries.append(Entry(entry.key, clean_names(entry.value, notes, in_match=inside)))
    return MappingNode(tuple(entries), node.line, node.column)
