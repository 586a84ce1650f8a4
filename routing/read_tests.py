"""Reads `tests:`: messages, and what is to become of each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import get_args

from contracts import DeadReason, Route, SourceKind
from contracts.rfc3339 import parse_rfc3339
from routing.destination import EXPECTABLE
from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.read_given import KEYS as _GIVEN_KEYS
from routing.read_given import read_given
from routing.reader import Reader
from routing.table_test import Expectation, TableTest

_SECTION = "tests"
_KEYS = ("name", "given", "at", "expect")
_GIVEN_HOME = dict.fromkeys(_GIVEN_KEYS, "it belongs in `given:`")
_HOMES = {**dict.fromkeys(EXPECTABLE, "it belongs in `expect:`"), **_GIVEN_HOME}
_CHOICES = {
    "reason": get_args(Route.model_fields["reason"].annotation),
    "source_kind": tuple(kind.value for kind in SourceKind),
    "dead": tuple(reason.value for reason in DeadReason),
}
# Beyond these years there are times that are none in some other time zone.
_EARLIEST, _LATEST = 1, 9999
_REFERENCES = ("env:", "file:", "config:")


def read_tests(top: Mapping[str, Entry], reader: Reader) -> tuple[TableTest, ...]:
    """Return the tests that are sound; what is wrong with others is reported."""
    entry = top.get(_SECTION)
    if entry is None or is_empty(entry.value):
        return ()
    if not isinstance(entry.value, ListNode):
        hint = "each entry begins with `- given:`"
        reader.wrong_type(entry.value, _SECTION, "a list", hint)
        return ()
    return tuple(_tests(entry.value, reader))


def _tests(node: ListNode, reader: Reader) -> Iterator[TableTest]:
    for at, item in enumerate(node.items):
        path = f"{_SECTION}[{at}]"
        if not isinstance(item, MappingNode):
            reader.wrong_type(item, path, "a mapping", "such as `{given: {…}, expect: {…}}`")
            continue
        test = _read_test(item, path, reader)
        if test is not None:
            yield test


def _read_test(node: MappingNode, path: str, reader: Reader) -> TableTest | None:
    errors = reader.report.error_count
    fields = _fields(node, path, _KEYS, _HOMES, reader)
    name = reader.text(fields["name"].value, f"{path}.name") if "name" in fields else None
    given = read_given(fields["given"], f"{path}.given", reader) if "given" in fields else None
    expected = _read_expected(fields.get("expect"), f"{path}.expect", reader)
    moment = _read_moment(fields.get("at"), f"{path}.at", reader)
    if "given" not in fields:
        reader.report.error(node, f"`{path}` has no `given`", "say which message it is about")
    if "expect" not in fields:
        reader.report.error(node, f"`{path}` has no `expect`", "say what is to become of it")
    if given is None or reader.report.error_count > errors:
        return None
    return TableTest(name or path, given, expected, moment)


def _fields(
    node: Node, path: str, known: tuple[str, ...], homes: Mapping[str, str], reader: Reader
) -> dict[str, Entry]:
    """Read a mapping whose keys are known; others are reported, with where they belong."""
    fields = {}
    for entry in reader.entries(node, path):
        if entry.key.text in known:
            fields[entry.key.text] = entry
        else:
            reader.unknown_key(entry.key, path, known, homes.get(entry.key.text))
    return fields


def _read_moment(entry: Entry | None, path: str, reader: Reader) -> datetime | None:
    text = None if entry is None else reader.text(entry.value, path)
    if entry is None or text is None:
        return None
    try:
        moment = parse_rfc3339(text)
    except ValueError:
        moment = None
    if moment is None or not _EARLIEST < moment.year < _LATEST:
        hint = "such as `2026-01-31T12:00:00Z`"
        reader.report.error(entry.value, f"`{path}` is not an RFC 3339 time", hint)
        return None
    return moment


def _read_expected(entry: Entry | None, path: str, reader: Reader) -> tuple[Expectation, ...]:
    if entry is None:
        return ()
    fields = _fields(entry.value, path, EXPECTABLE, _GIVEN_HOME, reader)
    if is_empty(entry.value) or (isinstance(entry.value, MappingNode) and not entry.value.entries):
        hint = f"it can be {', '.join(EXPECTABLE)}"
        reader.report.error(entry.key, f"`{path}` expects nothing", hint)
    return tuple(
        Expectation(
            what,
            _read_wanted(each.value, what, f"{path}.{what}", reader),
            each.key.line,
            each.key.column,
        )
        for what, each in fields.items()
    )


def _read_wanted(node: Node, what: str, path: str, reader: Reader) -> str | None:
    if what == "credential":
        return _read_reference(node, path, reader)
    if what in _CHOICES:
        return reader.choice(node, path, _CHOICES[what])
    return reader.text(node, path)


def _read_reference(node: Node, path: str, reader: Reader) -> str | None:
    # As it is written, and never quoted: somebody may have put a key here.
    if is_empty(node) or not isinstance(node, TextNode):
        return reader.text(node, path)
    if node.text.startswith(_REFERENCES) and "${" not in node.text:
        return node.text
    hint = "`env:NAME`, `file:PATH`, or `config:` and the key's path in the file"
    reader.report.error(node, f"`{path}` must be a reference to a key", hint)
    return None
