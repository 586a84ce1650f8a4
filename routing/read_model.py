"""Reads the `model:` block: the base runtime and every rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.node import Entry, Place, TextNode, is_empty
from routing.problem import quote
from routing.read_rules import read_platform_rules, read_routes, read_source_rules
from routing.read_runtime import KEYS as _RUNTIME_KEYS
from routing.read_runtime import read_runtime
from routing.read_target import read_fallbacks
from routing.reader import Reader
from routing.rule_draft import RuleDraft
from routing.runtime_fields import RuntimeFields
from routing.target_draft import RuntimeDraft

_MODEL_KEYS = ("default", "model")
_KEYS = ("default", *_RUNTIME_KEYS, "fallbacks", "routes", "platforms", "by_source")
_READ_RULES = {
    "routes": read_routes,
    "platforms": read_platform_rules,
    "by_source": read_source_rules,
}


@dataclass(frozen=True, slots=True)
class ModelBlock:
    """The base's fields, and the rules that stand in the block, in their order."""

    base: RuntimeFields
    rules: tuple[RuleDraft, ...]
    fallbacks: tuple[RuntimeDraft, ...] = ()


def read_model(top: Mapping[str, Entry], reader: Reader) -> ModelBlock:
    """Read the block in any of its forms. A block that names no model is an error."""
    entry = top.get("model")
    if entry is None:
        # A misspelt key may have been meant for it, and one mistake is one error.
        if not reader.report.error_count:
            reader.report.error(Place(1, 1), "there is no `model:` block", "it names the model")
        return ModelBlock(RuntimeFields({}), ())
    if isinstance(entry.value, TextNode) and not is_empty(entry.value):
        fields: Mapping[str, Entry] = {}
        errors = reader.report.error_count
        base = _bare_name(entry.value, reader)
    else:
        fields = reader.fields(entry.value, "model", _KEYS)
        errors = reader.report.error_count
        base = read_runtime(fields, "model", reader, _MODEL_KEYS)
    if "model" not in base.values and reader.report.error_count == errors:
        reader.report.error(entry.key, "`model` names no model", "write `default: NAME` in it")
    drafts: list[RuleDraft] = []
    for key, read in _READ_RULES.items():
        if key in fields:
            drafts.extend(read(fields[key].value, reader))
    fallbacks = read_fallbacks(fields.get("fallbacks"), "model.fallbacks", reader)
    return ModelBlock(base, tuple(drafts), fallbacks)


def _bare_name(node: TextNode, reader: Reader) -> RuntimeFields:
    # `api_key:…` without its space is one text; taken as a model it would travel in messages.
    key, colon, _ = node.text.partition(":")
    if colon and key in _KEYS:
        reader.report.error(node, f"`model`: a space is missing after {quote(key + ':')}")
        return RuntimeFields({})
    model = reader.text(node, "model")
    return RuntimeFields({} if model is None else {"model": model})
