"""Reads what a rule asks of a message."""

from contracts import PlatformName
from routing.condition import Condition
from routing.context import KEYS, METADATA, TIME
from routing.node import Entry, ListNode, MappingNode, Node, TextNode
from routing.predicate import AnyOf
from routing.read_operators import any_of, read_operators, source_kinds
from routing.read_platform_name import read_platform_name
from routing.read_time import read_time
from routing.reader import Reader

Match = tuple[Condition, ...]


def read_match(node: Node, path: str, reader: Reader) -> Match | None:
    """Return the conditions in the order written, or None if they were reported."""
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, path, "a mapping", "such as `{source_kind: owner}`")
        return None
    if not node.entries:
        hint = "what no rule matches gets the base runtime anyway"
        reader.report.error(node, f"`{path}` is empty", hint)
        return None
    conditions: dict[Condition, None] = {}
    texts: dict[str, Condition] = {}
    sound = True
    for entry in node.entries:
        read = _read_key(entry, path, reader)
        sound = sound and read is not None
        for condition in read or ():
            if _one_text(condition) and texts.setdefault(condition.key, condition) != condition:
                message = f"`{path}` asks for two different values of `{condition.key}`"
                reader.report.error(entry.key, message, "`platform: a:b` means the instance `b`")
                sound = False
            conditions[condition] = None
    return tuple(conditions) if sound else None


def equals(key: str, text: str, written: str | None = None) -> Condition:
    """Return the condition that a fact is just this text.

    `written` is what the file says where a variable stands for it: what that holds is not shown.
    """
    return Condition(key, AnyOf(frozenset({text})), text if written is None else written)


def platform_match(name: PlatformName, reader: Reader) -> Match:
    """Return what asking for a platform asks for: `hub:slate` is its instance as well."""
    reader.platforms.add(name.platform)
    pairs = (("platform", name.platform), ("instance", name.instance))
    return tuple(equals(key, text) for key, text in pairs if text is not None)


def _one_text(condition: Condition) -> bool:
    return isinstance(condition.predicate, AnyOf) and len(condition.predicate.values) == 1


def _read_key(entry: Entry, path: str, reader: Reader) -> Match | None:
    key, value = entry.key.text, entry.value
    if key not in KEYS and not (key.startswith(METADATA) and key != METADATA):
        reader.unknown_key(entry.key, path, (*KEYS, f"{METADATA}<key>"))
        return None
    where = f"{path}.{key}"
    if key == TIME:
        return read_time(value, where, reader)
    match value:
        case TextNode():
            return _read_text(value, key, where, reader)
        case ListNode():
            return any_of(value, key, where, reader)
        case MappingNode():
            return read_operators(value, key, where, reader)


def _read_text(node: TextNode, key: str, where: str, reader: Reader) -> Match | None:
    if node.is_null:
        reader.report.error(node, f"`{where}` has no value", "leave the key out")
        return None
    text = reader.expanded(node, where)
    if text is None:
        return None
    if key == "platform":
        name = read_platform_name(text, node, where, reader)
        return None if name is None else platform_match(name, reader)
    if key == "source_kind":
        source_kinds([(node, text)], where, reader)
    return (equals(key, text, node.text),)
