"""The base of hermes-agent: its `model:` block, fallbacks, aliases and cheap model."""

from routing.node import Entry, MappingNode, Node
from worker.importing.copier import Copier
from worker.importing.draft import Draft
from worker.importing.hermes_runtime import HermesRuntimes, lone_model
from worker.importing.imported_table import NotImportableError
from worker.importing.source_block import SourceBlock, is_true
from worker.importing.yaml_text import Document, Plain

_RULES = ("routes", "platforms", "by_source")
_FALLBACKS = ("fallback_providers", "fallback_model")
_LIMITS = ("max_simple_chars", "max_simple_words")


def read_base(
    top: SourceBlock, draft: Draft, runtimes: HermesRuntimes, copier: Copier
) -> SourceBlock | None:
    """Read the base from `model:` in any of its forms; return the block, if it is one."""
    lone = top.text("model")
    block = top.block("model")
    if lone is not None:
        fields = lone_model(lone, "model", copier)
    elif block is not None:
        fields = runtimes.fields(block, ("default", "model"))
        block.skip("default", "model", *_RULES)
    else:
        fields = {}
    if "model" not in fields:
        message = "`model:` names no model: write `default: NAME` in it, then import again"
        raise NotImportableError(message)
    place = top.entry("model").key
    draft.set_base({"default": fields.pop("model"), **fields}, place, "model")
    draft.notes.kept(place, "`model` is the base: what answers where no rule matches")
    if "api_key" not in fields:
        message = "`model` has no key: hermes-agent finds one by the provider, in its environment"
        draft.notes.unknown(place, f"{message}; a runner has to, or write `api_key: ${{NAME}}`")
    if fields.get("provider") == "auto":
        message = "`model.provider: auto` is found out by hermes-agent from the keys there are"
        draft.notes.unknown(place, f"{message}; runners get the word as it is")
    return block


def read_fallbacks(top: SourceBlock, draft: Draft, runtimes: HermesRuntimes) -> None:
    """Read what is tried when the base fails: each a runtime of its own, by its provider."""
    names: list[str] = []
    for entry, item, path in _fallbacks(top):
        fields = runtimes.fields(SourceBlock(item, path)) if isinstance(item, MappingNode) else {}
        if "model" not in fields or "provider" not in fields:
            message = f"`{path}`: hermes-agent takes a fallback with `provider` and `model` only"
            draft.notes.dropped(item, message)
            continue
        name = draft.add_runtime(f"fallback-{len(names) + 1}", fields, entry.key, path)
        if name is not None:
            names.append(name)
            draft.notes.kept(item, f"`{path}` is runtime `{name}`, a fallback of the base")
    if names:
        draft.base["fallbacks"] = names


def _fallbacks(top: SourceBlock) -> list[tuple[Entry, Node, str]]:
    found: list[tuple[Entry, Node, str]] = []
    for key in _FALLBACKS:
        block = top.block(key)
        if block is not None:
            found.append((top.entry(key), block.node, key))
        for at, item in enumerate(top.items(key)):
            found.append((top.entry(key), item, f"{key}[{at}]"))
    return found


def read_aliases(top: SourceBlock, draft: Draft, runtimes: HermesRuntimes) -> None:
    """Read `model_aliases`: what `/model` may name, so what an override may."""
    section = top.block("model_aliases")
    for entry, block in section.blocks() if section is not None else ():
        fields = runtimes.fields(block)
        if "model" not in fields:
            draft.notes.dropped(entry.key, f"`{block.path}` names no model")
            continue
        name = draft.add_runtime(entry.key.text, fields, entry.key, block.path)
        if name is not None:
            message = f"`{block.path}` is a runtime: an override by the owner may name it"
            draft.notes.kept(entry.key, message)
    if section is not None:
        draft.tell_rest(section)


def read_simple(top: SourceBlock, draft: Draft, runtimes: HermesRuntimes, copier: Copier) -> None:
    """Read `smart_model_routing`, which later versions of hermes-agent have no more."""
    block = top.block("smart_model_routing")
    if block is None:
        return
    place = top.entry("smart_model_routing").key
    lone, cheap = block.text("cheap_model"), block.block("cheap_model")
    fields: Document = {}
    if lone is not None:
        fields = lone_model(lone, block.where("cheap_model"), copier)
    elif cheap is not None:
        fields = runtimes.fields(cheap)
        draft.tell_rest(cheap)
    if not is_true(block.text("enabled")) or "model" not in fields:
        draft.notes.dropped(place, "`smart_model_routing` is not enabled, or names no cheap model")
        return
    if runtimes.changes_provider(fields, draft.base) and "api_key" not in fields:
        where = block.where("cheap_model.api_key")
        fields["api_key"] = copier.variables.new("", place, where)
        message = f"`{block.path}` changes the provider: hermes-agent finds its key by itself"
        draft.notes.changed(place, f"{message}; here it has a variable, or the base's would go")
    inherits_host = "base_url" in draft.base and "base_url" not in fields
    if inherits_host and runtimes.changes_provider(fields, draft.base):
        message = f"`{block.path}` has no `base_url`, and here it inherits the base's"
        draft.notes.unknown(place, f"{message}: write the one of its provider")
    draft.simple = {"enabled": Plain("true")}
    for key in _LIMITS:
        node = block.text(key)
        number = None if node is None else copier.number(node, block.where(key))
        if number is not None:
            draft.simple[key] = number
    draft.simple["cheap_model"] = fields
    message = "`smart_model_routing` is the last rule of all; in hermes-agent it came before others"
    draft.notes.changed(place, message)
    draft.expect({"text.simple": "true"}, "smart_model_routing", fields)
    draft.tell_rest(block)
