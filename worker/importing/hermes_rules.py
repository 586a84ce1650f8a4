"""The rules of hermes-agent's `model:` block, and of its API server."""

from routing.node import MappingNode, TextNode
from worker.importing.copier import Copier
from worker.importing.draft import Draft, platform_name
from worker.importing.hermes_runtime import HermesRuntimes
from worker.importing.source_block import SourceBlock, is_true, shown_name
from worker.importing.yaml_text import Document, Plain, Value

_API_SERVER = "api_server"
_TEXTS = ("name", "note")


class HermesRules:
    """Reads rules into a draft."""

    def __init__(self, draft: Draft, runtimes: HermesRuntimes, copier: Copier) -> None:
        self._draft = draft
        self._runtimes = runtimes
        self._copier = copier

    def routes(self, model: SourceBlock) -> None:
        """Read `model.routes`."""
        for at, item in enumerate(model.items("routes")):
            path = f"model.routes[{at}]"
            if not isinstance(item, MappingNode):
                self._draft.notes.dropped(item, f"`{path}` is no rule")
                continue
            rule = self._rule(SourceBlock(item, path))
            name = self._draft.add_route(rule, item, path)
            if name is not None:
                self._draft.notes.kept(item, f"`{path}` is rule `{name}`")

    def shorthands(self, model: SourceBlock) -> None:
        """Read `model.platforms` and `model.by_source`."""
        for section in ("platforms", "by_source"):
            block = model.block(section)
            for entry in block.node.entries if block is not None else ():
                self._shorthand(section, entry.key, entry.value)
        kept = self._draft.shorthands
        if kept["platforms"] and kept["by_source"]:
            self._draft.notes.changed(
                model.entry("by_source").key,
                "`model.by_source` was laid over `model.platforms` field by field; here a"
                " platform's entry is taken alone: where both apply, merge the two by hand",
            )

    def model_routes(self, api_server: SourceBlock) -> None:
        """Read what the API server's clients may name as their model."""
        extra = api_server.block("extra")
        section = None if extra is None else extra.block("model_routes")
        if extra is not None:
            self._draft.tell_rest(extra)
        if section is None:
            return
        for entry, block in section.blocks():
            rule: Document = {
                "name": f"model_routes {shown_name(entry.key.text)}",
                "match": {"platform": _API_SERVER, "metadata.model": entry.key.text},
                **self.started_anew(block, f"{_API_SERVER}-{shown_name(entry.key.text)}"),
            }
            self._draft.tell_rest(block)
            if self._draft.add_route(rule, entry.key, block.path) is not None:
                message = f"`{block.path}` is a rule for `metadata.model`"
                self._draft.notes.changed(
                    entry.key, f"{message}: the feeder has to put there what the client names"
                )
        self._draft.tell_rest(section)

    def started_anew(self, block: SourceBlock, name: str) -> Document:
        """Return the fields of an entry that, if it changes the provider, inherits nothing.

        Such an entry refers to a runtime of its own, for a provider brings its own host and key.
        """
        fields = self._runtimes.fields(block)
        if not self._runtimes.changes_provider(fields, self._draft.base):
            return fields
        whole: Document = {"model": self._draft.base["default"], **fields}
        called = self._draft.add_runtime(name, whole, block.place, block.path)
        if called is None:
            return fields
        message = f"`{block.path}` changes the provider: it is runtime `{called}`"
        if "api_key" in fields:
            self._draft.notes.changed(block.place, f"{message}, which inherits nothing")
        else:
            message = f"{message}, without the base's host and key"
            hint = "hermes-agent finds those of the provider; a runner has to, or state them"
            self._draft.notes.unknown(block.place, f"{message}: {hint}")
        return {"runtime": called}

    def _rule(self, block: SourceBlock) -> Document:
        rule: Document = {}
        for key in _TEXTS:
            if (node := block.text(key)) is not None:
                text = self._copier.text(node, block.where(key))
                rule.update({} if text is None else {key: text})
        match = block.block("match")
        if match is not None and (copied := self._match(match)) is not None:
            rule["match"] = copied
        for key in ("deny", "enabled"):
            flag = is_true(block.text(key))
            if flag is (key == "deny"):
                rule[key] = Plain(str(flag).lower())
        rule.update(self._runtimes.fields(block))
        self._draft.tell_rest(block)
        return rule

    def _match(self, block: SourceBlock) -> Value | None:
        """Return what a rule asks for, whole or not at all: less of it would match more."""
        match: Document = {}
        for entry in block.node.entries:
            where = block.where(entry.key.text)
            if entry.key.text == "platform" and isinstance(entry.value, TextNode):
                match["platform"] = platform_name(entry.value.text) or entry.value.text
                continue
            value = self._copier.plain_copy(entry.value, where)
            if value is None:
                self._draft.notes.dropped(entry.key, f"`{where}` is nothing to ask for")
                return None
            match[entry.key.text] = value
        return match

    def _shorthand(self, section: str, key: TextNode, value: object) -> None:
        path = f"model.{section}.{shown_name(key.text)}"
        name = platform_name(key.text) if section == "platforms" else key.text
        entry: Value | None = None
        if isinstance(value, TextNode) and not value.is_null and value.text:
            entry = self._copier.text(value, path)
        elif isinstance(value, MappingNode) and value.entries:
            rule = self._rule(SourceBlock(value, path))
            entry = {key: rule[key] for key in rule if key != "name"}
        if entry is None:
            self._draft.notes.dropped(key, f"`{path}` is empty: no rule, there as here")
        elif name is None:
            self._draft.notes.dropped(key, f"`{path}`: that is no name of a platform")
        elif self._draft.add_shorthand(section, name, entry, key, path) is not None:
            self._draft.notes.kept(key, f"`{path}` is a rule")
