"""Reads the message of a table's test."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from contracts import InboundMessage, PlatformName, SourceKind
from routing.context import KEYS as _FACTS
from routing.context import METADATA
from routing.destination import EXPECTABLE
from routing.node import Entry, MappingNode, Node, TextNode, is_empty
from routing.problem import quote
from routing.read_json import keys_within, read_json
from routing.read_platform_name import read_platform_name
from routing.read_target import read_number
from routing.reader import Reader
from routing.secret_name import is_secret_name
from routing.table_test import Given

_IN_SOURCE = (
    "chat_id",
    "chat_type",
    "user_id",
    "thread_id",
    "parent_chat_id",
    "scope_id",
    "profile",
)
_LINES = ("agent_id", "purpose", "message_type", "conversation_id", "message_id")
_STATED = ("platform", "source_kind", "publisher", "signed", "verified")
_WHOLE_METADATA = "metadata"
_SPECIAL = ("text", "hops", "override", "media_urls", _WHOLE_METADATA)
KEYS = (*_STATED, *_IN_SOURCE, *_LINES, *_SPECIAL)
_OVERRIDE_KEYS = ("model", "runtime")
_MOST_HOPS = 1_000_000
_TEXT = "hello"

# Facts that follow from others.
_DERIVED = {
    "instance": "write it behind the platform: `platform: hub:slate`",
    "has_media": "it follows from `media_urls`",
    "time": "write `at:` beside `given:`",
    **{fact: "it follows from `text`" for fact in _FACTS if fact.startswith("text.")},
}


def read_given(entry: Entry, path: str, reader: Reader) -> Given | None:
    """Return the message and what is stated of it, or None if that was reported."""
    errors = reader.report.error_count
    fields = _fields(entry.value, path, reader)
    platform = _read_platform(fields.get("platform"), path, reader)
    if platform is None and reader.report.error_count == errors:
        reader.report.error(entry.key, f"`{path}` has no `platform`", "say where it is from")
    document = _read_message(fields, path, reader)
    kind = _choice(fields, "source_kind", [kind.value for kind in SourceKind], path, reader)
    verified = _boolean(fields, "verified", path, reader)
    signed = _boolean(fields, "signed", path, reader)
    publisher = _line(fields, "publisher", path, reader)
    if platform is None or reader.report.error_count > errors:
        return None
    document["source"]["platform"] = str(platform)
    message = _message(document, fields, entry, path, reader)
    if message is None:
        return None
    return Given(
        message=message,
        platform=platform,
        source_kind=None if kind is None else SourceKind(kind),
        publisher=publisher,
        verified=verified,
        signed=signed,
    )


def _fields(node: Node, path: str, reader: Reader) -> Mapping[str, Entry]:
    fields = {}
    for each in reader.entries(node, path):
        key = each.key.text
        if key in KEYS or (key.startswith(METADATA) and key != METADATA):
            fields[key] = each
        else:
            known = (*KEYS, f"{METADATA}<key>")
            hint = "it belongs in `expect:`" if key in EXPECTABLE else _DERIVED.get(key)
            reader.unknown_key(each.key, path, known, hint)
    return fields


def _read_platform(entry: Entry | None, path: str, reader: Reader) -> PlatformName | None:
    where = f"{path}.platform"
    text = None if entry is None else reader.text(entry.value, where)
    if entry is None or text is None or not isinstance(entry.value, TextNode):
        return None
    return read_platform_name(text, entry.value, where, reader)


def _read_message(fields: Mapping[str, Entry], path: str, reader: Reader) -> dict[str, Any]:
    """Return the JSON object of the message. An id without an opinion is left out."""
    source = {key: _line(fields, key, path, reader) for key in _IN_SOURCE}
    lines = {key: _line(fields, key, path, reader) for key in _LINES}
    document: dict[str, Any] = {
        **{key: text for key, text in lines.items() if text is not None},
        "source": source,
        "text": _read_text(fields.get("text"), f"{path}.text", reader),
        "metadata": _read_metadata(fields, path, reader),
    }
    hops = read_number(fields.get("hops"), f"{path}.hops", 0, _MOST_HOPS, reader)
    readers: dict[str, Callable[[Node, str, Reader], object]] = {
        "override": _read_override,
        "media_urls": _read_urls,
    }
    for key, read in readers.items():
        if key in fields:
            document[key] = read(fields[key].value, f"{path}.{key}", reader)
    return document if hops is None else {**document, "hops": hops}


def _read_text(entry: Entry | None, path: str, reader: Reader) -> str | None:
    # Here an empty text is one, for a message may have only media.
    if entry is None or (isinstance(entry.value, TextNode) and entry.value.is_null):
        return _TEXT
    return reader.prose(entry.value, path)


def _read_metadata(fields: Mapping[str, Entry], path: str, reader: Reader) -> dict[str, Any]:
    """Read the mapping, and the keys that stand by themselves."""
    entries: dict[str, Entry] = {}
    whole = fields.get(_WHOLE_METADATA)
    if whole is not None and isinstance(whole.value, MappingNode):
        entries = {each.key.text: each for each in whole.value.entries}
    elif whole is not None and not is_empty(whole.value):
        reader.wrong_type(whole.value, f"{path}.{_WHOLE_METADATA}", "a mapping")
    for key, entry in fields.items():
        if key.startswith(METADATA):
            name = key.removeprefix(METADATA)
            if name in entries:
                reader.report.error(entry.key, f"`{path}` states `{key}` twice")
            entries[name] = Entry(replace(entry.key, text=name), entry.value)
    node = MappingNode(tuple(entries.values()), line=0, column=0)
    for each, where in keys_within(node, f"{path}.{_WHOLE_METADATA}"):
        if is_secret_name(each.text):
            message = f"`{where}` holds {quote(each.text)}, which is masked in every message"
            reader.report.error(each, message, "no rule gets to see what it says")
    metadata: dict[str, Any] = read_json(node, f"{path}.{_WHOLE_METADATA}", reader)
    return metadata


def _read_override(node: Node, path: str, reader: Reader) -> dict[str, str | None]:
    fields = reader.fields(node, path, _OVERRIDE_KEYS)
    return {key: reader.text(entry.value, f"{path}.{key}") for key, entry in fields.items()}


def _read_urls(node: Node, path: str, reader: Reader) -> list[str]:
    return [text for _, text in reader.texts(node, path) or ()]


def _message(
    document: dict[str, Any],
    fields: Mapping[str, Entry],
    entry: Entry,
    path: str,
    reader: Reader,
) -> InboundMessage | None:
    try:
        return InboundMessage.model_validate(document)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            names = [str(step) for step in found["loc"] if str(step) in fields]
            where = ".".join([path, *names[:1]])
            place = fields[names[0]].value if names else entry.key
            reader.report.error(place, f"`{where}`: {found['msg'].removeprefix('Value error, ')}")
        return None


def _line(fields: Mapping[str, Entry], key: str, path: str, reader: Reader) -> str | None:
    entry = fields.get(key)
    return None if entry is None else reader.text(entry.value, f"{path}.{key}")


def _boolean(fields: Mapping[str, Entry], key: str, path: str, reader: Reader) -> bool | None:
    said = _choice(fields, key, ("true", "false"), path, reader)
    return None if said is None else said == "true"


def _choice(
    fields: Mapping[str, Entry], key: str, choices: Any, path: str, reader: Reader
) -> str | None:
    entry = fields.get(key)
    return None if entry is None else reader.choice(entry.value, f"{path}.{key}", choices)
