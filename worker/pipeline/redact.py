"""Keys that somebody put into a message are taken out before anything is kept or sent."""

from collections.abc import Mapping
from typing import Any

from contracts import HubFrame
from routing.secret_name import secret_names
from worker.pipeline.json_reader import Repeated

REDACTED = "[redacted]"

_SECRET_PLACES = ("override", "metadata")
_CONTAINERS = (dict, list)


def redact(document: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the document without keys, and how many values were replaced.

    Replaced are the values of `api_key`, `token`, `secret` and `password` (in any case, with `_`,
    `-` or nothing between words) at the top level, and at any depth of `override` and `metadata`;
    in a hub frame, also those of its `data`, which become the message's. What is written a second
    time is not in the document, but it is counted, for it stands in the body.
    The document itself is not changed.
    """
    clean, count = _clean_message(document)
    if HubFrame.is_shape_of(document):
        clean["data"], found = _clean_message(document["data"])
        count += found
    return clean, count


def redact_headers(headers: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return AMQP headers without what has a key's name, at any depth, and how many that were."""
    return _clean_object(headers, deep=True)


def _clean_message(document: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    clean, count = _clean_object(document, deep=False)
    if isinstance(document, Repeated):
        earlier = (each for each in document.pairs if each[1] is not document[each[0]])
        count += sum(_clean(value)[1] for name, value in earlier if name in _SECRET_PLACES)
    for place in _SECRET_PLACES:
        if place in clean:
            clean[place], found = _clean(clean[place])
            count += found
    return clean, count


def _clean(value: Any) -> tuple[Any, int]:
    if isinstance(value, dict):
        return _clean_object(value, deep=True)
    if isinstance(value, list):
        pairs = [_clean(item) for item in value]
        return [item for item, _ in pairs], sum(count for _, count in pairs)
    return value, 0


def _clean_object(document: Mapping[str, Any], *, deep: bool) -> tuple[dict[str, Any], int]:
    clean = dict(document)
    count = _count_repeated(document, deep=deep) if isinstance(document, Repeated) else 0
    for name in secret_names(document):
        if document[name] is not None:
            clean[name] = REDACTED
            count += 1
    if deep:
        for name, value in document.items():
            if isinstance(value, _CONTAINERS) and clean[name] is value:
                clean[name], found = _clean(value)
                count += found
    return clean, count


def _count_repeated(document: Repeated, *, deep: bool) -> int:
    """Return how many keys stand in what comes first of something written twice, or more."""
    return sum(
        _clean_object({name: value}, deep=deep)[1]
        for name, value in document.pairs
        if value is not document[name]
    )
