"""Runtimes of hermes-agent: what an entry states, and what the provider it names brings."""

from routing.node import MappingNode, TextNode
from worker.importing.copier import Copier
from worker.importing.draft import in_order
from worker.importing.source_block import SourceBlock
from worker.importing.yaml_text import Document

_URLS = ("base_url", "url", "api")
_MODES = ("api_mode", "transport")
_KEY_NAMES = ("api_key_env", "key_env")
_PARAMS = {name: name for name in ("max_tokens", "temperature", "top_p", "reasoning_effort")}
_CUSTOM = "custom:"


class HermesRuntimes:
    """Reads the runtime fields of entries; knows the providers that the file defines."""

    def __init__(self, top: SourceBlock, copier: Copier) -> None:
        self._copier = copier
        self._providers = dict(_providers(top))

    def fields(self, block: SourceBlock, model_keys: tuple[str, ...] = ("model",)) -> Document:
        """Return what an entry states, as a table does; the first model key with a text counts."""
        fields: Document = {}
        copier = self._copier
        for key in model_keys:
            if "model" not in fields and (node := block.text(key)) is not None:
                _put(fields, "model", copier.text(node, block.where(key)))
        if (node := block.text("provider")) is not None:
            _put(fields, "provider", copier.text(node, block.where("provider")))
        self._endpoint(block, fields)
        copier.command(block, fields)
        params = copier.params(block, _PARAMS)
        if params:
            fields["params"] = params
        self._fill_in(block, fields)
        return in_order(fields)

    def changes_provider(self, fields: Document, base: Document) -> bool:
        """Whether an entry names another provider than the base: hermes-agent then starts anew."""
        return "provider" in fields and fields["provider"] != base.get("provider")

    def _endpoint(self, block: SourceBlock, fields: Document) -> None:
        """Read where the models are and with which key; what is there already stays."""
        copier = self._copier
        for key in _URLS:
            if "base_url" not in fields and (node := block.text(key)) is not None:
                _put(fields, "base_url", copier.url(node, block.where(key)))
        for key in _MODES:
            if "api_mode" not in fields and (node := block.text(key)) is not None:
                _put(fields, "api_mode", copier.text(node, block.where(key)))
        if "api_key" not in fields and (node := block.text("api_key")) is not None:
            fields["api_key"] = copier.key(node, block.where("api_key"))
        for key in _KEY_NAMES:
            if "api_key" not in fields and (node := block.text(key)) is not None:
                fields["api_key"] = copier.key_name(node, block.where(key))

    def _fill_in(self, block: SourceBlock, fields: Document) -> None:
        """Add what the file says of the provider that an entry names."""
        provider = fields.get("provider")
        if not isinstance(provider, str):
            return
        known = self._providers.get(provider.removeprefix(_CUSTOM))
        if known is None:
            return
        before = dict(fields)
        if "base_url" not in fields:
            self._endpoint(known, fields)
        if fields != before:
            message = f"`{block.path}`: what `{known.path}` says of its provider is written out"
            self._copier.notes.changed(block.place, message)
        if known.has("key_cmd"):
            message = f"`{known.where('key_cmd')}`: a command that prints the key has no place here"
            self._copier.notes.unknown(known.entry("key_cmd").key, message)


def _providers(top: SourceBlock) -> list[tuple[str, SourceBlock]]:
    """Return every provider that the file defines, by name; the older list comes first."""
    found = []
    for at, item in enumerate(top.items("custom_providers")):
        if isinstance(item, MappingNode):
            block = SourceBlock(item, f"custom_providers[{at}]")
            name = block.text("name")
            if name is not None:
                found.append((name.text, block))
    section = top.block("providers")
    if section is not None:
        found.extend((entry.key.text, block) for entry, block in section.blocks())
    return found


def _put(fields: Document, key: str, value: str | None) -> None:
    if value is not None:
        fields[key] = value


def lone_model(node: TextNode, path: str, copier: Copier) -> Document:
    """Return the fields of an entry that is the name of a model alone."""
    model = copier.text(node, path)
    return {} if model is None else {"model": model}
