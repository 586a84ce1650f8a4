"""A letter as a line of JSON, from which it can be put back exactly as it was."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.dead.amqp_properties import NAMES, WireProperties, read_properties, write_properties
from worker.dead.amqp_table import Entry, Unreadable, Value
from worker.dead.letter import Letter

_KEYS = frozenset(
    {"letter", "copy", "routing_key", "properties", "properties_base64", "body", "body_base64"}
)
_BASE64 = "base64"


class BadLine(ValueError):
    """A line that is no letter; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """What a line says: all that it takes to publish the letter again."""

    routing_key: str
    wire: bytes = field(repr=False)
    body: bytes = field(repr=False)
    copy: int = 1
    """Which of several letters that are the same in everything."""


def letter_line(letter: Letter, copy: int = 1) -> bytes:
    """Return a letter as a line, without its end. `letter` in it is for reading, and not read.

    A header is `[name, type, value]` with the letter of its AMQP type; `properties_base64` takes
    the place of properties that JSON cannot hold.
    """
    line: dict[str, Any] = {"letter": letter_facts(letter)}
    if copy > 1:
        line["copy"] = copy
    line["routing_key"] = letter.dead_key
    line.update(_properties(letter.wire))
    line.update(_body(letter.body))
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()


def letter_facts(letter: Letter) -> dict[str, Any]:
    """Return what is known of a letter, without what it holds."""
    return {
        "id": letter.id,
        "shape": letter.shape.value,
        "reason": letter.reason,
        "detail": _utf8(letter.detail),
        "fingerprint": letter.fingerprint,
        "platform": _utf8(letter.platform),
        "source_kind": _utf8(letter.source_kind),
        "route": _utf8(letter.route),
        "attempt": letter.attempt,
        "at": letter.at and letter.at.isoformat(timespec="milliseconds"),
        "exchange": _utf8(letter.exchange),
        "routing_key": _utf8(letter.routing_key),
        "queue": _utf8(letter.queue),
        "body_bytes": len(letter.body),
    }


def read_letter_line(line: bytes) -> WrittenLetter:
    """Return what a line says. Raises BadLine."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("is no JSON") from None
    if not isinstance(document, dict) or not document.keys() <= _KEYS:
        raise BadLine("is no object of an export")
    key, copy = document.get("routing_key"), document.get("copy", 1)
    if not isinstance(key, str) or not _fits(key):
        raise BadLine("has no routing_key that AMQP has room for")
    if not isinstance(copy, int) or isinstance(copy, bool) or copy < 1:
        raise BadLine("copy is no count")
    try:
        return WrittenLetter(key, _read_wire(document), _read_body(document), copy)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        why = str(error) if isinstance(error, BadLine) else "properties are not those of a letter"
        raise BadLine(why) from None


def _properties(wire: bytes) -> dict[str, Any]:
    try:
        read = read_properties(wire)
        if any(map(_is_odd, read.values.values())) or write_properties(read) != wire:
            raise Unreadable("not by JSON")
        told = {name: read.values[name] for name in NAMES if name in read.values}
        if read.headers is not None:
            told["headers"] = [_entry(entry) for entry in read.headers]
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {"properties_base64": base64.b64encode(wire).decode()}
    return {"properties": told}


def _is_odd(value: object) -> bool:
    return isinstance(value, str) and not _is_utf8(value)


def _entry(entry: Entry) -> list[Any]:
    return [entry.name, *_value(entry.value)]


def _value(value: Value) -> list[Any]:
    match value.type, value.value:
        case _, bytes() as data:
            return [value.type, {_BASE64: base64.b64encode(data).decode()}]
        case "F", entries:
            return [value.type, [_entry(entry) for entry in entries]]
        case "A", items:
            return [value.type, [_value(item) for item in items]]
        case _, plain:
            return [value.type, plain]


def _read_wire(document: Mapping[str, Any]) -> bytes:
    if ("properties" in document) == ("properties_base64" in document):
        raise BadLine("has not exactly one of properties and properties_base64")
    if "properties_base64" in document:
        wire = _from_base64(document["properties_base64"])
        read_properties(wire)
        return wire
    told = document["properties"]
    if not isinstance(told, dict) or not told.keys() <= set(NAMES):
        raise BadLine("properties are not those of a letter")
    values = {k: v for k, v in told.items() if k != "headers"}
    headers = tuple(map(_read_entry, told["headers"])) if "headers" in told else None
    return write_properties(WireProperties(values, headers))


def _read_entry(entry: Any) -> Entry:
    name, *value = entry
    if not isinstance(name, str):
        raise BadLine("a header has no name")
    return Entry(name, _read_value(value))


def _read_value(value: Any) -> Value:
    kind, plain = value
    if not isinstance(kind, str):
        raise BadLine("a header has no type")
    if isinstance(plain, dict):
        return Value(kind, _from_base64(plain[_BASE64]))
    if kind == "F":
        return Value(kind, tuple(map(_read_entry, plain)))
    if kind == "A":
        return Value(kind, tuple(map(_read_value, plain)))
    return Value(kind, tuple(plain) if kind == "D" else plain)


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _read_body(document: Mapping[str, Any]) -> bytes:
    if ("body" in document) == ("body_base64" in document):
        raise BadLine("has not exactly one of body and body_base64")
    if "body_base64" in document:
        return _from_base64(document["body_base64"])
    body = document["body"]
    if not isinstance(body, str) or not _is_utf8(body):
        raise BadLine("body is no text")
    return body.encode()


def _from_base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise BadLine("has base64 that cannot be read") from None


def _fits(key: str) -> bool:
    return _is_utf8(key) and len(key.encode()) <= 255


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _utf8(text: str | None) -> str | None:
    return text and text.encode("utf-8", "replace").decode()
