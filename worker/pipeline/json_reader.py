"""Strict JSON from bytes that anybody may have written."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from contracts import DeadReason
from routing.rejection import Rejection
from routing.written_float import WrittenFloat

MAX_NESTING = 64
MAX_VALUES = 50_000
MAX_CONTAINERS = 10_000
"""Of the values: lists and objects. Such a one is two bytes in a body, and here 450 of memory and
more than a microsecond, in which nobody else's message is routed."""
MAX_FRACTIONS = 10_000
"""Of the values: numbers with a fraction or an exponent, which remember how they were written."""
MAX_FIELDS = 1_000
"""Keys at the top level: each is looked at."""
_MOST_TEXTS = 2 * MAX_VALUES
"""A value may be a text, and has at most one before it, its key."""
_STEP = 10_000
"""Quotes between two looks at what there is too much of; even, so that no text is cut."""
_TOO_MANY_VALUES = f"the body has more than {MAX_VALUES} values"
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_FRACTION = re.compile(rb"[0-9](?:\.|[eE])[0-9.eE+-]*")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class Repeated(dict[str, Any]):
    """A JSON object in which a key was written twice: the last one counts."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs
        """All of it, as written."""


def read_json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that `body` holds.

    Strict: UTF-8 without lone surrogates, no NaN or infinity (written out or by size), nesting of
    at most 64, at most 50,000 values, of which 10,000 are lists and objects and 10,000 are numbers
    with a fraction or an exponent, no number that Python refuses for its length, at most 1,000 keys
    at the top level, no key twice there or in `source`. Raises Rejection (`malformed`); its detail
    never quotes the body.
    """
    _check_size(body)
    try:
        document = _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"the body is not JSON at character {error.pos}: {error.msg}") from None
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {_number_problem(error)}") from None
    if not isinstance(document, dict):
        raise _malformed("the body is not a JSON object")
    if len(document) > MAX_FIELDS:
        raise _malformed(f"the body has {len(document)} fields, {MAX_FIELDS} are allowed")
    if isinstance(document, Repeated) or isinstance(document.get("source"), Repeated):
        raise _malformed("a key is written twice at the top level or in source")
    if _SURROGATE_ESCAPE.search(body):
        _check_surrogates(document)
    return document


def raw_member(line: bytes, name: str) -> bytes:
    """Return the JSON text of a member's value in a line that holds a JSON object, as written.

    The last one of that name, as everywhere in Python. Raises KeyError if there is none.
    """
    text = line.decode("utf-8")
    found: tuple[int, int] | None = None
    at = _past_space(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _whole.raw_decode(text, at)
        start = _past_space(text, _past_space(text, at) + 1)
        _, at = _whole.raw_decode(text, start)
        if key == name:
            found = (start, at)
        at = _past_space(text, at)
        if text[at] == ",":
            at = _past_space(text, at + 1)
    if found is None:
        raise KeyError(name)
    return text[slice(*found)].encode()


def _past_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _malformed(detail: str) -> Rejection:
    return Rejection(DeadReason.MALFORMED, detail)


def _check_size(body: bytes) -> None:
    # Nearly every body has fewer brackets in all than it may nest, and fewer commas than there may
    # be of any value; counting those is cheap.
    if _brackets(body) <= MAX_NESTING and body.count(b",") < MAX_FRACTIONS - MAX_NESTING:
        return
    outside, depth, containers = [], 0, 0
    for piece in _outside_of_texts(body):
        depth = _nested(piece, depth)
        containers += _brackets(piece)
        if containers > MAX_CONTAINERS:
            raise _malformed(f"the body has more than {MAX_CONTAINERS} lists and objects")
        outside.append(piece)
    body = b"0".join(outside)
    # A value, the keys of an object apart, follows a comma or is the first of a list or object.
    empty = body.count(b"[]") + body.count(b"{}")
    if body.count(b",") + containers - empty >= MAX_VALUES:
        raise _malformed(_TOO_MANY_VALUES)
    if len(_FRACTION.findall(body)) > MAX_FRACTIONS:
        raise _malformed(f"the body has more than {MAX_FRACTIONS} numbers with a fraction")


def _outside_of_texts(body: bytes) -> Iterator[bytes]:
    """Yield what stands before, between and after texts, with a `0` for most of the texts."""
    if b"\\" in body:  # what is escaped ends no text; outside of texts none may stand
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    pieces, quotes = body.split(b'"', _STEP), 0
    while len(pieces) > _STEP:
        body = pieces.pop()
        yield b"0".join(pieces[::2])
        pieces, quotes = body.split(b'"', _STEP), quotes + _STEP
        if quotes > 2 * _MOST_TEXTS:
            raise _malformed(_TOO_MANY_VALUES)
    yield b"0".join(pieces[::2])


def _nested(piece: bytes, depth: int) -> int:
    """Return how deep it is after a piece that begins so deep. Raises Rejection if it is too deep.

    Past more brackets than there may be it does not look.
    """
    for mark in piece.translate(None, _NOT_BRACKETS)[: 2 * MAX_CONTAINERS]:
        if mark in b"[{":
            depth += 1
            if depth > MAX_NESTING:
                raise _malformed(f"the body is nested deeper than {MAX_NESTING}")
        else:
            depth -= 1
    return depth


def _brackets(body: bytes) -> int:
    return body.count(b"{") + body.count(b"[")


def _check_surrogates(document: dict[str, Any]) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _malformed("the body escapes half of a surrogate pair") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    return document if len(document) == len(pairs) else Repeated(pairs)


def _constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _float(text: str) -> float:
    number = WrittenFloat(text)
    if math.isinf(number):
        msg = "a number is too large"
        raise ValueError(msg)
    return number


def _number_problem(error: ValueError) -> str:
    # Python words its limit on the digits of an integer for programmers.
    return "a number has too many digits" if "digits" in str(error) else str(error)


_whole = json.JSONDecoder()
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
