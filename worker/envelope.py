"""Deliveries written down as JSON lines, for the commands that work without a broker."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from contracts import DeadReason
from routing.rejection import Rejection
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.json_reader import raw_member

_KEYS = frozenset({"exchange", "routing_key", "properties", "body", "body_base64", "redelivered"})
_BODIES = frozenset({"body", "body_base64"})
# What only a message has: with one of these an object is a message, whatever else it is called.
_MESSAGE = frozenset({"text", "parts", "media_urls", "source", "data"})
_PROPERTIES = {entry.name for entry in fields(Properties)}
_IGNORED = frozenset({"delivery_mode", "cluster_id"})
"""AMQP properties that decide nothing here."""
_NUMBERS = frozenset({"priority", "timestamp"})
_SHORT = 255


def read_delivery(line: bytes, tag: int) -> Delivery:
    """Return the delivery that a line describes.

    An envelope is an object of `exchange`, `routing_key`, `properties` and `body` (an object or
    text) or `body_base64`; any other line is the body itself, published nowhere in particular.
    Raises Rejection (`malformed`) if an envelope is wrong in itself.
    """
    envelope = _envelope(line)
    if envelope is None:
        return Delivery(tag=tag, body=line, exchange="", routing_key="")
    unknown = sorted(envelope.keys() - _KEYS)
    if unknown:
        raise _wrong(f"has no {_named(unknown)}")
    return Delivery(
        tag=tag,
        body=_body(envelope, line),
        exchange=_text(envelope, "exchange"),
        routing_key=_text(envelope, "routing_key"),
        properties=_properties(envelope.get("properties") or {}),
        redelivered=envelope.get("redelivered") is True,
    )


def _envelope(line: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    keys = document.keys()
    if keys & _BODIES and (keys <= _KEYS or not keys & _MESSAGE):
        return document
    return document if "exchange" in keys and not keys & _MESSAGE else None


def _body(envelope: Mapping[str, Any], line: bytes) -> bytes:
    given = envelope.keys() & _BODIES
    if len(given) != 1:
        raise _wrong("has both body and body_base64" if given else "has no body")
    if "body_base64" in envelope:
        text = envelope["body_base64"]
        if not isinstance(text, str):
            raise _wrong("body_base64 is not text")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise _wrong("body_base64 is not base64") from None
    body = envelope["body"]
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    # As it was written, so that what is wrong with it is seen: a key given twice, for one.
    return raw_member(line, "body")


def _properties(given: object) -> Properties:
    if not isinstance(given, dict):
        raise _wrong("properties is not an object")
    unknown = sorted(given.keys() - _PROPERTIES - _IGNORED)
    if unknown:
        raise _wrong(f"properties has no {_named(unknown)}")
    read: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or name in _IGNORED:
            continue
        if name == "headers":
            read[name] = _headers(value)
        elif name in _NUMBERS:
            read[name] = _number(value, f"properties.{name}")
        elif name == "expiration" and isinstance(value, int):
            read[name] = str(value)
        else:
            read[name] = _text(given, name)
    return Properties(**read)


def _headers(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("properties.headers is not an object")
    if not _is_utf8(json.dumps(value, ensure_ascii=False)):
        raise _wrong("properties.headers holds half of a surrogate pair")
    return value


def _number(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(f"{name} is not a whole number from 0")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(f"{name} is not text")
    if not _is_utf8(value) or len(value.encode()) > _SHORT:
        raise _wrong(f"{name} is over the {_SHORT} bytes of UTF-8 that AMQP has room for")
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(names: list[str]) -> str:
    return ascii(", ".join(names)[:100])


def _wrong(what: str) -> Rejection:
    return Rejection(DeadReason.MALFORMED, f"the envelope {what}")
