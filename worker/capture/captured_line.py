"""A delivery as a line that `worker.envelope` reads."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from pydantic_core import to_json

from contracts import SIGNATURE_HEADER, Signature, SignatureError
from routing.rejection import Rejection
from routing.written_key import looks_like_key
from worker.capture.json_text import json_text
from worker.capture.mask import mask_message
from worker.capture.without_keys import without_keys
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.redact import redact, redact_headers

# In a body that nobody can read, any of the words that name keys is one too many.
_SECRET_WORD = re.compile(rb"api[_-]*key|token|secret|password", re.IGNORECASE)
_ESCAPE = re.compile(rb"\\u00([0-7][0-9a-fA-F])")


class LeftOut(StrEnum):
    """Why there is no line."""

    TOO_LARGE = "larger than max_body"
    UNREADABLE = "no JSON object that can be read"
    MAY_HOLD_KEYS = "unreadable, and may hold keys"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a delivery besides what decides where it goes. Keys never are."""

    bodies: bool
    metadata: bool
    max_body: int
    """Bytes."""


def captured_line(delivery: Delivery, kept: Kept) -> bytes | LeftOut:
    """Return the delivery as an envelope, a line of JSON without its end, or why there is none."""
    if len(delivery.body) > kept.max_body:
        return LeftOut.TOO_LARGE
    try:
        document, redacted = redact(read_json_object(delivery.body))
    except Rejection:
        return _unreadable(delivery, kept)
    document, had_keys = without_keys(document)
    if not kept.bodies:
        body = json_text(mask_message(document, metadata=kept.metadata))
    elif not kept.metadata:
        body = json_text(_without_metadata(document))
    elif redacted or had_keys or _has_line_ends(delivery.body):
        body = json_text(document)
    else:
        body = delivery.body.decode()
    return _envelope(delivery, kept, f'"body":{body}')


def _unreadable(delivery: Delivery, kept: Kept) -> bytes | LeftOut:
    if not kept.bodies:
        return LeftOut.UNREADABLE
    plain = _ESCAPE.sub(_unescaped, delivery.body.replace(b"\0", b""))
    if _SECRET_WORD.search(plain) or looks_like_key(plain.decode("latin-1")):
        return LeftOut.MAY_HOLD_KEYS
    encoded = base64.b64encode(delivery.body).decode()
    return _envelope(delivery, kept, f'"body_base64":"{encoded}"')


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _envelope(delivery: Delivery, kept: Kept, body: str) -> bytes:
    told = {"exchange": delivery.exchange, "routing_key": delivery.routing_key}
    head = json.dumps(told, ensure_ascii=False)[:-1]
    headers = delivery.properties.headers
    properties = _properties(delivery.properties, headers if kept.metadata else _signature(headers))
    return f'{head},"properties":{properties},{body}}}'.encode()


def _signature(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the header that says who signed the message: it decides whether there is a turn."""
    value = headers.get(SIGNATURE_HEADER)
    try:
        Signature.parse(value)
    except SignatureError:
        return {}
    return {SIGNATURE_HEADER: value}


def _properties(properties: Properties, headers: Mapping[str, Any]) -> str:
    told = {
        entry.name: value
        for entry in fields(properties)
        if entry.name != "headers" and (value := getattr(properties, entry.name)) is not None
    }
    text = json.dumps(told, ensure_ascii=False)
    if not (found := _headers(headers)):
        return text
    return f'{text[:-1]}{"," if told else ""}"headers":{found}}}'


def _headers(headers: Mapping[str, Any]) -> str:
    """Return headers as JSON, without keys; nothing if they cannot be written as that."""
    if not headers:
        return ""
    try:
        clean, _ = without_keys(redact_headers(headers)[0])
        return to_json(
            clean,
            fallback=str,
            bytes_mode="base64",
            inf_nan_mode="strings",
        ).decode()
    except (ValueError, RecursionError):
        return ""


def _without_metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name != "metadata"}
    if isinstance(kept.get("data"), dict):
        kept["data"] = {name: v for name, v in kept["data"].items() if name != "metadata"}
    return kept


def _has_line_ends(body: bytes) -> bool:
    return b"\n" in body or b"\r" in body
