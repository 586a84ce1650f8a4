"""Reads what a rule asks of a message."""

from contracts import PlatformName, SourceKind
from routing.context import KEYS, METADATA
from routing.node import Entry, ListNode, MappingNode, Node, TextNode
from routing.problem import quote
from routing.read_platform_name import read_platform_name
from routing.reader import Reader
from routing.suggest import did_you_mean, one_of

Pairs = tuple[tuple[str, str], ...]


def read_match(node: Node, path: str, reader: Reader) -> Pairs | None:
    """Return the (context key, text) pairs in the order written, or None if they were reported."""
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, path, "a mapping", "such as `{source_kind: owner}`")
        return None
    if not node.entries:
        hint = "what no rule matches gets the base runtime anyway"
        reader.report.error(node, f"`{path}` is empty", hint)
        return None
    pairs: dict[str, str] = {}
    sound = True
    for entry in node.entries:
        read = _read_pair(entry, path, reader)
        sound = sound and read is not None
        for key, text in read or ():
            if pairs.setdefault(key, text) != text:
                message = f"`{path}` asks for two different values of `{key}`"
                reader.report.error(entry.key, message, "`platform: a:b` means the instance `b`")
                sound = False
    return tuple(pairs.items()) if sound else None


def _read_pair(entry: Entry, path: str, reader: Reader) -> Pairs | None:
    key, value = entry.key.text, entry.value
    if key not in KEYS and not (key.startswith(METADATA) and key != METADATA):
        reader.unknown_key(entry.key, path, (*KEYS, f"{METADATA}<key>"))
        return None
    where = f"{path}.{key}"
    if not isinstance(value, TextNode):
        what = "a list" if isinstance(value, ListNode) else "an operator"
        hint = "write one text; for several, write several rules"
        reader.report.error(value, f"`{where}`: {what} is not supported yet", hint)
        return None
    if value.is_null:
        reader.report.error(value, f"`{where}` has no value", "leave the key out")
        return None
    text = reader.expanded(value, where)
    if text is None:
        return None
    if key == "platform":
        name = read_platform_name(text, value, where, reader)
        return None if name is None else platform_pairs(name, reader)
    if key == "source_kind":
        warn_of_unknown_kind(text, value, where, reader)
    return ((key, text),)


def platform_pairs(name: PlatformName, reader: Reader) -> Pairs:
    """Return what asking for a platform asks for: `hub:slate` is its instance as well."""
    reader.platforms.add(name.platform)
    pairs = (("platform", name.platform), ("instance", name.instance))
    return tuple((key, text) for key, text in pairs if text is not None)


def warn_of_unknown_kind(text: str, node: TextNode, where: str, reader: Reader) -> None:
    """Warn of a source kind that no message has."""
    kinds = [kind.value for kind in SourceKind]
    if text not in kinds:
        hint = did_you_mean(text, kinds) or f"a message is from {one_of(kinds)}"
        reader.report.warning(node, f"`{where}`: unknown source kind {quote(node.text)}", hint)
