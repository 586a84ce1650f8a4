"""Reads the conditions that are more than one text: lists, and mappings of operators."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from contracts import SourceKind
from routing.condition import Condition
from routing.context import IN_FULL, METADATA
from routing.lint_pattern import lint_pattern
from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.operator_hints import operator_hints
from routing.pattern import BadPattern, glob, regex
from routing.predicate import (
    COMPARISONS,
    AnyOf,
    Compares,
    EndsWith,
    Exists,
    Matches,
    NoneOf,
    NotAll,
    PlatformAmong,
    Predicate,
    StartsWith,
    WithoutInstance,
    as_number,
)
from routing.problem import quote
from routing.read_platform_name import read_platform_name
from routing.reader import Reader
from routing.suggest import did_you_mean, one_of

Texts = Sequence[tuple[TextNode, str]]

_PATTERNS = {"glob": glob, "regex": regex}
_INSIDE_NOT = ("in", "prefix", "suffix", *_PATTERNS, *COMPARISONS)
OPERATORS = ("in", "not", "prefix", "suffix", *_PATTERNS, "exists", *COMPARISONS)
_NUMBERS = ("text.length", "text.words", "hops")


def any_of(node: ListNode, key: str, where: str, reader: Reader) -> tuple[Condition, ...] | None:
    """Read a list: any of its texts."""
    condition = _among(node, key, where, reader)
    return None if condition is None else (condition,)


def read_operators(
    node: MappingNode, key: str, where: str, reader: Reader
) -> tuple[Condition, ...] | None:
    """Read a mapping of operators, all of which have to hold."""
    if not node.entries:
        hint = f"operators are {', '.join(OPERATORS)}"
        reader.report.error(node, f"`{where}` has no operator", hint)
        return None
    hints = operator_hints(node.entries, key, inside_not=False)
    fields = reader.fields(node, where, OPERATORS, hints)
    read = [_read_operator(entry, key, f"{where}.{name}", reader) for name, entry in fields.items()]
    if len(fields) < len(node.entries) or None in read:
        return None
    return tuple(condition for condition in read if condition is not None)


def source_kinds(texts: Texts, where: str, reader: Reader) -> None:
    """Warn of source kinds that no message has."""
    kinds = [kind.value for kind in SourceKind]
    for node, text in texts:
        if text not in kinds:
            hint = did_you_mean(text, kinds) or f"a message is from {one_of(kinds)}"
            message = f"`{where}`: unknown source kind {quote(node.text)}"
            reader.report.warning(node, message, hint)


def _read_operator(entry: Entry, key: str, where: str, reader: Reader) -> Condition | None:
    name, value = entry.key.text, entry.value
    if name == "not" and isinstance(value, MappingNode):
        return _not_all(value, key, where, reader)
    if name in {"in", "not"}:
        return _among(value, key, where, reader, inverted=name == "not")
    if name == "exists":
        wanted = reader.choice(value, where, ("true", "false"))
        if wanted is None:
            _report_empty(value, where, reader)
            return None
        return Condition(key, Exists(wanted == "true"), "anything" if wanted == "true" else "none")
    if name in COMPARISONS:
        return _comparison(entry, key, where, reader)
    texts = _texts(value, where, reader)
    if texts is None:
        return None
    predicate = _on_text(name, texts, where, reader)
    if predicate is not None:
        for node, text in texts:
            lint_pattern(name, text, key, where, node, reader.report)
    written = f"{name} {_listed(node.text for node, _ in texts)}"
    return None if predicate is None else Condition(key, predicate, written)


def _among(
    node: Node, key: str, where: str, reader: Reader, *, inverted: bool = False
) -> Condition | None:
    texts = _texts(node, where, reader)
    if texts is None:
        return None
    if key == "platform":
        return _among_platforms(texts, where, reader, inverted=inverted)
    if key == "source_kind":
        source_kinds(texts, where, reader)
    values = frozenset(text for _, text in texts)
    return _set_of(key, values, [node.text for node, _ in texts], inverted=inverted)


def _among_platforms(
    texts: Texts, where: str, reader: Reader, *, inverted: bool
) -> Condition | None:
    read = [read_platform_name(text, node, where, reader) for node, text in texts]
    names = [name for name in read if name is not None]
    if len(names) < len(texts):
        return None
    if not inverted:
        reader.platforms.update(name.platform for name in names)
    values = frozenset(str(name) for name in names)
    written = [
        node.text if "${" in node.text else str(name)
        for (node, _), name in zip(texts, names, strict=True)
    ]
    if all(name.instance is None for name in names):
        return _set_of("platform", values, written, inverted=inverted)
    predicate = PlatformAmong(values, inverted)
    return Condition(IN_FULL, predicate, _in_words(written, inverted=inverted))


def _set_of(
    key: str, values: frozenset[str], written: Sequence[str], *, inverted: bool
) -> Condition:
    predicate: Predicate = NoneOf(values) if inverted else AnyOf(values)
    return Condition(key, predicate, _in_words(written, inverted=inverted))


def _not_all(node: MappingNode, key: str, where: str, reader: Reader) -> Condition | None:
    if not node.entries:
        reader.report.error(node, f"`{where}` has no operator")
        return None
    hints = operator_hints(node.entries, key, inside_not=True)
    fields = reader.fields(node, where, _INSIDE_NOT, hints)
    read = [_read_operator(entry, key, f"{where}.{name}", reader) for name, entry in fields.items()]
    conditions = [condition for condition in read if condition is not None]
    if len(conditions) < len(node.entries):
        return None
    written = "not (" + " and ".join(condition.written for condition in conditions) + ")"
    keys = {condition.key for condition in conditions}
    if len(keys) == 1:
        return Condition(keys.pop(), NotAll(tuple(each.predicate for each in conditions)), written)
    # Some ask for the platform with its instance, some without: with it, all can be answered.
    predicates = (
        each.predicate if each.key == IN_FULL else WithoutInstance(each.predicate)
        for each in conditions
    )
    return Condition(IN_FULL, NotAll(tuple(predicates)), written)


def _on_text(name: str, texts: Texts, where: str, reader: Reader) -> Predicate | None:
    if name == "prefix":
        return StartsWith(tuple(text for _, text in texts))
    if name == "suffix":
        return EndsWith(tuple(text for _, text in texts))
    patterns = []
    for node, text in texts:
        try:
            patterns.append(_PATTERNS[name](text))
        except BadPattern as error:
            hint = "the syntax is RE2's" if name == "regex" else None
            reader.misfit(node, where, f"{quote(node.text)} is no {name}: {error}", hint)
    return Matches(tuple(patterns)) if len(patterns) == len(texts) else None


def _comparison(entry: Entry, key: str, where: str, reader: Reader) -> Condition | None:
    if key not in _NUMBERS and not key.startswith(METADATA):
        hint = f"numbers are {', '.join(_NUMBERS)} and {METADATA}<key>"
        reader.report.error(entry.key, f"`{where}`: a `{key}` is no number", hint)
        return None
    text = reader.text(entry.value, where)
    if text is None:
        _report_empty(entry.value, where, reader)
        return None
    bound: Decimal | None = as_number(text)
    if bound is None:
        reader.report.error(entry.value, f"`{where}` must be a number")
        return None
    return Condition(
        key, Compares(entry.key.text, bound), f"{entry.key.text} {_shown(entry.value, text)}"
    )


def _shown(node: Node, text: str) -> str:
    """Return a scalar as the file has it: what a variable holds is shown nowhere."""
    return node.text if isinstance(node, TextNode) else text


def _texts(node: Node, where: str, reader: Reader) -> Texts | None:
    """Return the texts of a scalar or of a list, at least one; None if that was reported."""
    if isinstance(node, TextNode):
        if node.is_null:
            _report_empty(node, where, reader)
            return None
        text = reader.expanded(node, where)
        return None if text is None else [(node, text)]
    if isinstance(node, ListNode) and not node.items:
        reader.report.error(node, f"`{where}` is an empty list", "leave the key out")
        return None
    texts = reader.texts(node, where)
    if texts is None or not isinstance(node, ListNode) or len(texts) < len(node.items):
        return None
    return texts


def _report_empty(node: Node, where: str, reader: Reader) -> None:
    if is_empty(node):  # otherwise it was reported
        reader.report.error(node, f"`{where}` has no value", "leave it out")


def _in_words(texts: Sequence[str], *, inverted: bool) -> str:
    return f"not {_listed(texts)}" if inverted else _listed(texts)


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(texts)
