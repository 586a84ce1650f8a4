"""Reads the rules of the `model:` block: the routes, then the two shorthands."""

from collections.abc import Iterator

from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.read_match import Match, equals, platform_match, read_match
from routing.read_operators import source_kinds
from routing.read_platform_name import read_platform_name
from routing.read_rule import KEYS as _KEYS
from routing.read_rule import RuleBody, read_rule
from routing.reader import Reader
from routing.rule_draft import RuleDraft, Section
from routing.runtime_fields import RuntimeFields
from routing.target_draft import RuntimeDraft, TargetDraft


def read_routes(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.routes`: a list of mappings, each with a `match`."""
    if is_empty(node):
        return
    if not isinstance(node, ListNode):
        reader.wrong_type(node, "model.routes", "a list", "each entry begins with `- match:`")
        return
    for at, entry in enumerate(node.items):
        name = f"{Section.ROUTES}[{at}]"
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
        body = read_rule(fields, path, reader)
        if match is not None:
            yield draft(name, Section.ROUTES, match, body, entry)


def read_platform_rules(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.platforms`: per platform a model, or a mapping."""
    for entry in reader.entries(node, "model.platforms"):
        name = read_platform_name(entry.key.text, entry.key, "model.platforms", reader)
        own = () if name is None else platform_match(name, reader)
        path = f"{Section.PLATFORMS}.{entry.key.text}"
        read = read_shorthand(entry, f"model.{path}", own, reader)
        if read is not None and name is not None:
            yield draft(path, Section.PLATFORMS, *read, entry.key)


def read_source_rules(node: Node, reader: Reader) -> Iterator[RuleDraft]:
    """Read `model.by_source`: per source kind a mapping."""
    for entry in reader.entries(node, "model.by_source"):
        kind = entry.key.text
        path = f"{Section.BY_SOURCE}.{kind}"
        if isinstance(entry.value, TextNode) and not is_empty(entry.value):
            reader.wrong_type(entry.value, f"model.{path}", "a mapping", "write `{model: …}`")
            continue
        if not _has_own_match(entry.value):
            source_kinds([(entry.key, kind)], f"model.{Section.BY_SOURCE}", reader)
        own = (equals("source_kind", kind),)
        read = read_shorthand(entry, f"model.{path}", own, reader)
        if read is not None:
            yield draft(path, Section.BY_SOURCE, *read, entry.key)


def read_shorthand(
    entry: Entry, path: str, own: Match, reader: Reader, keys: tuple[str, ...] = _KEYS
) -> tuple[Match, RuleBody] | None:
    """Read one entry of a shorthand: a model, or the fields of a rule.

    An empty one is no rule; a `match` in it replaces its own.
    """
    if isinstance(entry.value, ListNode):
        reader.wrong_type(entry.value, path, "a mapping")
        return None
    if isinstance(entry.value, TextNode):
        model = reader.text(entry.value, path)
        return None if model is None else (own, _only_model(model))
    if not entry.value.entries:
        return None
    fields = reader.fields(entry.value, path, keys)
    match: Match | None = own
    if "match" in fields and _has_own_match(entry.value):
        match = read_match(fields["match"].value, f"{path}.match", reader)
    body = read_rule(fields, path, reader)
    return None if match is None else (match, body)


def draft(
    name: str, section: Section, match: Match, body: RuleBody, place: MappingNode | TextNode
) -> RuleDraft:
    """Return the rule of an entry, called as it calls itself, or by its place in the file."""
    return RuleDraft(
        name=body.name or name,
        section=section,
        match=match,
        target=body.target,
        line=place.line,
        column=place.column,
        split=body.split,
        denies=body.denies,
        enabled=body.enabled,
        note=body.note,
        entry=name,
    )


def _only_model(model: str) -> RuleBody:
    target = TargetDraft(RuntimeDraft(RuntimeFields({"model": model})))
    return RuleBody(None, target, (), denies=False, enabled=True, note=None)


def _has_own_match(node: Node) -> bool:
    entries = node.entries if isinstance(node, MappingNode) else ()
    return any(entry.key.text == "match" and not is_empty(entry.value) for entry in entries)
