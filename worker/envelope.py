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

_KEYS = frozenset({"exchange", "routing_key", "properties", "body", "body_base64", "redelivered"})
_BODIES = frozenset({"body", "body_base64"})
_PROPERTIES = {entry.name for entry in fields(Properties)}
_NUMBERS = frozenset({"priority", "timestamp"})


def read_delivery(line: bytes, tag: int) -> Delivery:
    """Return the delivery that a line describes.

    An envelope is an object of `exchange`, `routing_key`, `properties` and `body` (an object or
    text) or `body_base64`; any other line is the body itself, published nowhere in particular.
    Raises Rejection (`malformed`) if an envelope is wrong in itself.
    """
    envelope = _envelope(line)
    if envelope is None:
        return Delivery(tag=tag, body=line, exchange="", routing_key="")
    return Delivery(
        tag=tag,
        body=_body(envelope),
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
    if isinstance(document, dict) and document.keys() & _BODIES and document.keys() <= _KEYS:
        return document
    return None


def _body(envelope: Mapping[str, Any]) -> bytes:
    if "body_base64" in envelope:
        if "body" in envelope:
            raise _wrong("has both body and body_base64")
        try:
            return base64.b64decode(_text(envelope, "body_base64"), validate=True)
        except (binascii.Error, ValueError):
            raise _wrong("body_base64 is not base64") from None
    body = envelope["body"]
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _properties(given: object) -> Properties:
    if not isinstance(given, dict):
        raise _wrong("properties is not an object")
    unknown = sorted(given.keys() - _PROPERTIES)
    if unknown:
        raise _wrong(f"properties has no {', '.join(unknown)[:100]}")
    for name, value in given.items():
        wanted = dict if name == "headers" else int if name in _NUMBERS else str
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise _wrong(f"properties.{name} is not {_WORDS[wanted]}")
    return Properties(**{**given, "headers": given.get("headers") or {}})


_WORDS = {dict: "an object", int: "a whole number", str: "text"}


def _text(envelope: Mapping[str, Any], name: str) -> str:
    value = envelope.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(f"{name} is not text")
    return value


def _wrong(what: str) -> Rejection:
    return Rejection(DeadReason.MALFORMED, f"the envelope {what}")
