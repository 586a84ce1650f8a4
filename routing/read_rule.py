"""Reads one rule: what it asks for, and what becomes of what it matches."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.read_target import KEYS as _TARGET_KEYS
from routing.read_target import read_number, read_target
from routing.reader import Reader
from routing.runtime_fields import RuntimeFields
from routing.target_draft import RuntimeDraft, TargetDraft, VariantDraft

_ALWAYS = ("match", "name", "deny", "enabled", "note")
KEYS = (*_ALWAYS, *_TARGET_KEYS, "split")
_VARIANT_KEYS = ("weight", "name", *_TARGET_KEYS)
_HEAVIEST = 1_000_000
_NOWHERE = TargetDraft(RuntimeDraft(RuntimeFields({})))


@dataclass(frozen=True, slots=True)
class RuleBody:
    """What a rule says but for its `match`."""

    name: str | None
    target: TargetDraft
    split: tuple[VariantDraft, ...]
    denies: bool
    enabled: bool
    note: str | None


def read_rule(fields: Mapping[str, Entry], path: str, reader: Reader) -> RuleBody:
    """Return what the fields of a rule say; what is wrong with them is reported."""
    denies = read_flag(fields.get("deny"), f"{path}.deny", reader, default=False)
    if denies:
        _refuse_destination(fields, path, reader)
    return RuleBody(
        name=_read_name(fields.get("name"), f"{path}.name", reader),
        target=_NOWHERE if denies else read_target(fields, path, reader),
        split=_read_split(fields.get("split"), f"{path}.split", reader),
        denies=denies,
        enabled=read_flag(fields.get("enabled"), f"{path}.enabled", reader, default=True),
        note=_read_note(fields.get("note"), f"{path}.note", reader),
    )


def read_flag(entry: Entry | None, path: str, reader: Reader, *, default: bool) -> bool:
    """Read `true` or `false`."""
    text = None if entry is None else reader.choice(entry.value, path, ("true", "false"))
    return default if text is None else text == "true"


def _refuse_destination(fields: Mapping[str, Entry], path: str, reader: Reader) -> None:
    for name, entry in fields.items():
        if name not in _ALWAYS and not is_empty(entry.value):
            message = f"`{path}` denies, so its `{name}` would never be used"
            reader.report.error(entry.key, message)
            return


def _read_name(entry: Entry | None, path: str, reader: Reader) -> str | None:
    if entry is not None and isinstance(entry.value, TextNode) and "${" in entry.value.text:
        reader.report.error(entry.value, f"`{path}`: a name is written out, without variables")
        return None
    name = None if entry is None else reader.text(entry.value, path)
    if entry is not None and name is not None and _is_taken(name):
        reader.report.error(entry.value, f"`{path}`: a rule cannot be called that")
        return None
    return name


def _is_taken(name: str) -> bool:
    return name == "base" or name.startswith("runtimes.")


def _read_note(entry: Entry | None, path: str, reader: Reader) -> str | None:
    return None if entry is None else reader.prose(entry.value, path)


def _read_split(entry: Entry | None, path: str, reader: Reader) -> tuple[VariantDraft, ...]:
    if entry is None or is_empty(entry.value):
        return ()
    if not isinstance(entry.value, ListNode):
        hint = "such as `[{weight: 9}, {weight: 1, model: …}]`"
        reader.wrong_type(entry.value, path, "a list", hint)
        return ()
    variants: list[VariantDraft] = []
    for at, item in enumerate(entry.value.items):
        variant = _read_variant(item, at, f"{path}[{at}]", reader)
        if variant is None:
            continue
        if any(variant.name == other.name for other in variants):
            reader.report.error(item, f"`{path}[{at}]` has the name of another one")
        variants.append(variant)
    return tuple(variants)


def _read_variant(node: Node, at: int, path: str, reader: Reader) -> VariantDraft | None:
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, path, "a mapping", "such as `{weight: 1, model: …}`")
        return None
    fields = reader.fields(node, path, _VARIANT_KEYS)
    errors = reader.report.error_count
    weight = read_number(fields.get("weight"), f"{path}.weight", 1, _HEAVIEST, reader)
    if weight is None and reader.report.error_count == errors:
        reader.report.error(node, f"`{path}` has no `weight`", "a whole number, 1 or more")
    name = _read_name(fields.get("name"), f"{path}.name", reader)
    target = read_target(fields, path, reader)
    return None if weight is None else VariantDraft(name or str(at), weight, target)
