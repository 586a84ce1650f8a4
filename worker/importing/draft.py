"""A table while it is made: every part is tried before it is taken."""

from datetime import datetime

from contracts import PlatformName
from routing.problem import Placed
from worker.importing.given import Candidate, sound_tests
from worker.importing.imported_table import ImportedTable
from worker.importing.note import Notes
from worker.importing.source_block import SourceBlock
from worker.importing.trial import why_not
from worker.importing.variables import Variables
from worker.importing.yaml_text import Document, Value

_RUNTIME = ("model", "provider", "base_url", "api_mode", "api_key", "command", "args", "params")


class Draft:
    """The sections of a table. What a table could not say is dropped, with the reason noted."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.base: Document = {}
        self.runtimes: dict[str, Value] = {}
        self.routes: list[Document] = []
        self.shorthands: dict[str, dict[str, Value]] = {"platforms": {}, "by_source": {}}
        self.platforms: dict[str, dict[str, Value]] = {}
        self.simple: Document = {}
        self.settings: Document = {}
        self.candidates: list[Candidate] = []
        self._names: set[str] = set()

    def set_base(self, fields: Document, place: Placed, path: str) -> None:
        """Take the base, field by field: one that a table could not say is left out."""
        self.base = {key: value for key, value in fields.items() if key == "default"}
        for key, value in fields.items():
            problem = why_not({"model": {"default": "m", key: value}})
            if problem is None:
                self.base[key] = value
            else:
                self.notes.dropped(place, f"`{path}.{key}`: {problem}")

    def add_runtime(self, name: str, fields: Document, place: Placed, path: str) -> str | None:
        """Take a named runtime and return its name, which may differ; None if it is dropped."""
        free = self._free(name, set(self.runtimes))
        if not self._sound({"runtimes": {free: fields}}, place, path):
            return None
        self.runtimes[free] = fields
        return free

    def add_route(self, rule: Document, place: Placed, path: str) -> str | None:
        """Take a rule of `routes` and return what it is called; None if it is dropped."""
        if isinstance(name := rule.get("name"), str):
            rule = {**rule, "name": self._free(name, self._names)}
        part: Document = {"model": {"default": "m", "routes": [rule]}, "runtimes": _named_in(rule)}
        if not self._sound(part, place, path):
            return None
        self.routes.append(rule)
        called = str(rule.get("name", f"routes[{len(self.routes) - 1}]"))
        self._names.add(called)
        match = rule.get("match")
        if rule.get("enabled") is None and isinstance(match, dict):
            self.expect(match, called, rule)
        return called

    def add_shorthand(
        self, section: str, key: str, entry: Value, place: Placed, path: str
    ) -> str | None:
        """Take an entry of `model.platforms` or `model.by_source`; return what it is called."""
        if not self._sound({"model": {"default": "m", section: {key: entry}}}, place, path):
            return None
        self.shorthands[section][key] = entry
        fact = "platform" if section == "platforms" else "source_kind"
        fields = entry if isinstance(entry, dict) else {"model": entry}
        match = fields.get("match")
        stated = match if isinstance(match, dict) else {fact: key}
        self.expect(stated, f"{section}.{key}", fields)
        return f"{section}.{key}"

    def declare(self, name: str, place: Placed, path: str) -> bool:
        """Take a platform, of which nothing is known yet."""
        if not self._sound({"platforms": {name: {}}}, place, path):
            return False
        self.platforms.setdefault(name, {})
        return True

    def add_home(self, platform: str, value: Value, place: Placed, path: str) -> bool:
        """Take the home channel of a platform."""
        if not self._sound({"platforms": {platform: {"home_channel": value}}}, place, path):
            return False
        self.platforms[platform]["home_channel"] = value
        return True

    def add_channel(
        self, platform: str, chat: str, value: Value, place: Placed, path: str
    ) -> str | None:
        """Take a channel override of a platform; return what it is called."""
        part: Document = {"platforms": {platform: {"channel_overrides": {chat: value}}}}
        if not self._sound({**part, "runtimes": _named_in(value)}, place, path):
            return None
        known = self.platforms[platform].get("channel_overrides")
        overrides = {**(known if isinstance(known, dict) else {}), chat: value}
        self.platforms[platform]["channel_overrides"] = overrides
        return f"platforms.{platform}.channel_overrides.{chat}"

    def forget_channels(self, platform: str) -> bool:
        """Take the channel overrides of a platform back; return whether there were any."""
        section = f"platforms.{platform}.channel_overrides."
        self.candidates = [each for each in self.candidates if not each.name.startswith(section)]
        return self.platforms[platform].pop("channel_overrides", None) is not None

    def expect(self, match: dict[str, Value], route: str, fields: Document) -> None:
        """Have it tested that a message goes by a rule, and to its model."""
        model = self.model_of(fields)
        expected = {"route": route} if model is None else {"route": route, "model": model}
        self.candidates.append(Candidate(route, match, expected))

    def model_of(self, fields: Document) -> str | None:
        """Return the model that a rule's fields come to; None where it is drawn."""
        if "split" in fields or "deny" in fields:
            return None
        named = fields.get("runtime")
        whole = self.runtimes.get(named) if isinstance(named, str) else None
        inherited = whole.get("model") if isinstance(whole, dict) else self.base.get("default")
        model = fields.get("model", inherited)
        return model if isinstance(model, str) else None

    def tell_rest(self, block: SourceBlock) -> None:
        """Note what was not read of a part of the source."""
        for entry in block.rest():
            where = block.where(entry.key.text)
            self.notes.dropped(entry.key, f"`{where}` has no place in a table")

    def finish(self, variables: Variables, now: datetime) -> ImportedTable:
        """Put the sections together, with the tests that hold."""
        model: Document = dict(self.base)
        if self.routes:
            model["routes"] = self.routes
        model.update({key: value for key, value in self.shorthands.items() if value})
        document: Document = {"model": model}
        sections: Document = {
            "runtimes": self.runtimes,
            "platforms": self.platforms,
            "smart_model_routing": self.simple,
        }
        document.update({key: value for key, value in sections.items() if value})
        document.update(self.settings)
        tests, without = sound_tests(document, self.candidates, now)
        if tests:
            document["tests"] = tests
        return ImportedTable(document, self.notes.in_order, variables.all, tuple(without))

    def _sound(self, part: Document, place: Placed, path: str) -> bool:
        problem = why_not({"model": "m", **part})
        if problem is not None:
            self.notes.dropped(place, f"`{path}`: {problem}")
        return problem is None

    @staticmethod
    def _free(wanted: str, taken: set[str]) -> str:
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}-{count}"
        return name


def _named_in(value: Value) -> Document:
    """Return a stand-in for every runtime that an entry may name."""
    if isinstance(value, str):
        return {value: {"model": "m"}} if value else {}
    inner: list[Value] = []
    if isinstance(value, dict):
        inner = [value[key] for key in ("runtime", "fallbacks", "split") if key in value]
    elif isinstance(value, list):
        inner = value
    return {name: each for item in inner for name, each in _named_in(item).items()}


def platform_name(text: str) -> str | None:
    """Return the name of a platform as a table writes it; None for what is none."""
    try:
        return str(PlatformName.parse(text))
    except ValueError:
        return None


def in_order(fields: Document) -> Document:
    """Return the fields of a runtime in the order people expect."""
    first = {key: fields[key] for key in _RUNTIME if key in fields}
    return {**first, **{key: value for key, value in fields.items() if key not in first}}
