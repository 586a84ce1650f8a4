"""A letter as people are shown it: without keys, wherever somebody wrote them."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from routing.rejection import Rejection
from routing.written_key import looks_like_key, without_written_key
from worker.capture.without_keys import without_keys
from worker.dead.letter import Letter
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.redact import REDACTED

_IN_URL = re.compile(r"(?<=://)[^\s/@]*:[^\s@]*(?=@)")
# In what cannot be read as JSON: a key's name, and all that may be its value.
_NAMED = re.compile(
    r"((?:api[_-]?key|token|secret|password|authorization|credentials?|cookie)\w*[\"']?\s*[:=]\s*)"
    r"(?:\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s,;&}\]]+(?:\s+[\w.~+/=-]{16,})?)",
    re.IGNORECASE,
)


def shown_headers(letter: Letter) -> dict[str, Any]:
    """Return its headers without keys."""
    return _clean(letter.properties.headers)


def shown_properties(letter: Letter) -> dict[str, Any]:
    """Return its other properties, those that it has."""
    stated = {
        each.name: getattr(letter.properties, each.name) for each in fields(letter.properties)
    }
    return _clean({k: v for k, v in stated.items() if v is not None and k != "headers"})


def shown_body(letter: Letter) -> tuple[Any, bool]:
    """Return its body and whether that is JSON: else it is text, however it reads."""
    try:
        return _clean(read_json_object(letter.body)), True
    except (Rejection, RecursionError):
        return masked(letter.body.decode("utf-8", "replace")), False


def masked(text: str) -> str:
    """Return a text without what looks like a key, or like a password in a URL."""
    text = _NAMED.sub(rf"\1{REDACTED}", _IN_URL.sub(REDACTED, text))
    return without_written_key(text) if looks_like_key(text) else text


def _clean(value: Mapping[str, Any]) -> dict[str, Any]:
    clean, _ = without_keys(dict(value))
    return {masked(name): _masked(inner) for name, inner in clean.items()}


def _masked(value: Any) -> Any:
    match value:
        case str():
            return masked(value)
        case bytes() | bytearray():
            return masked(bytes(value).decode("utf-8", "replace"))
        case dict():
            return {masked(str(name)): _masked(inner) for name, inner in value.items()}
        case list():
            return [_masked(item) for item in value]
        case _:
            return value


def json_text(value: Any) -> str:
    """Return JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
