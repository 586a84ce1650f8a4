"""Reads the rules of the `model:` block: the routes, then the two shorthands."""

from collections.abc import Iterator

from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.read_match import Pairs, platform_pairs, read_match, warn_of_unknown_kind
from routing.read_platform_name import read_platform_name
from routing.read_runtime import KEYS as _RUNTIME_KEYS
from routing.read_runtime import read_runtime
from routing.reader import Reader
from routing.rule_draft import Origin, RuleDraft
from routing.runtime_fields import RuntimeFields

_KEYS = ("match", *_RUNTIME_KEYS)


def read_routes(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.routes`: a list of mappings, each with a `match`."""
    if is_empty(node):
        return
    if not isinstance(node, ListNode):
        reader.wrong_type(node, "model.routes", "a list", "each entry begins with `- match:`")
        return
    for at, entry in enumerate(node.items):
        name = f"{Origin.ROUTES}[{at}]"
        path = f"model.{name}"
        if not isinstance(entry, MappingNode):
            reader.wrong_type(entry, path, "a mapping", "such as `{match: {…}, model: …}`")
            continue
        fields = reader.fields(entry, path, _KEYS)
        if "match" not in fields or is_empty(fields["match"].value):
            reader.report.error(entry, f"`{path}` has no `match`", "say which messages it is for")
            match = None
        else:
            match = read_match(fields["match"].value, f"{path}.match", reader)
        runtime = read_runtime(fields, path, reader)
        if match is not None:
            yield RuleDraft(name, Origin.ROUTES, match, runtime, entry.line, entry.column)


def read_platform_rules(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.platforms`: per platform a model, or a mapping."""
    for entry in reader.entries(node, "model.platforms"):
        name = read_platform_name(entry.key.text, entry.key, "model.platforms", reader)
        own = () if name is None else platform_pairs(name, reader)
        if isinstance(entry.value, TextNode):
            draft = _bare_model(entry, own, reader)
        else:
            draft = _shorthand(Origin.PLATFORMS, entry, own, reader)
        if draft is not None and name is not None:
            yield draft


def read_source_rules(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.by_source`: per source kind a mapping."""
    for entry in reader.entries(node, "model.by_source"):
        kind = entry.key.text
        path = f"model.{Origin.BY_SOURCE}.{kind}"
        if isinstance(entry.value, TextNode) and not is_empty(entry.value):
            reader.wrong_type(entry.value, path, "a mapping", "write `{model: …}`")
            continue
        if not _has_own_match(entry.value):
            warn_of_unknown_kind(kind, entry.key, f"model.{Origin.BY_SOURCE}", reader)
        draft = _shorthand(Origin.BY_SOURCE, entry, (("source_kind", kind),), reader)
        if draft is not None:
            yield draft


def _bare_model(entry: Entry, own: Pairs, reader: Reader) -> RuleDraft | None:
    model = reader.text(entry.value, f"model.{Origin.PLATFORMS}.{entry.key.text}")
    if model is None:
        return None
    return _draft(Origin.PLATFORMS, entry, own, RuntimeFields({"model": model}))


def _shorthand(origin: Origin, entry: Entry, own: Pairs, reader: Reader) -> RuleDraft | None:
    """Read one entry of a shorthand. An empty one is no rule; a `match` in it replaces its own."""
    path = f"model.{origin}.{entry.key.text}"
    if isinstance(entry.value, ListNode):
        reader.wrong_type(entry.value, path, "a mapping")
        return None
    if not isinstance(entry.value, MappingNode) or not entry.value.entries:
        return None
    fields = reader.fields(entry.value, path, _KEYS)
    match: Pairs | None = own
    if _has_own_match(entry.value):
        match = read_match(fields["match"].value, f"{path}.match", reader)
    runtime = read_runtime(fields, path, reader)
    return None if match is None else _draft(origin, entry, match, runtime)


def _draft(origin: Origin, entry: Entry, match: Pairs, runtime: RuntimeFields) -> RuleDraft:
    name = f"{origin}.{entry.key.text}"
    return RuleDraft(name, origin, match, runtime, entry.key.line, entry.key.column)


def _has_own_match(node: Node) -> bool:
    entries = node.entries if isinstance(node, MappingNode) else ()
    return any(entry.key.text == "match" and not is_empty(entry.value) for entry in entries)
