"""AMQP field tables with their types, written again byte for byte as they were read.

The client library reads a table as Python values, by which an `I` and an `l` are the same number,
and raises on some tables that a broker lets pass. Here a value keeps the letter of its type, and
whatever a broker delivers can be read.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_NESTING = 32
"""Tables and arrays deeper than this are kept as the bytes they are: nobody means them."""

_NUMBERS = {
    "b": struct.Struct(">b"),
    "B": struct.Struct(">B"),
    "s": struct.Struct(">h"),
    "u": struct.Struct(">H"),
    "I": struct.Struct(">i"),
    "i": struct.Struct(">I"),
    "l": struct.Struct(">q"),
    "L": struct.Struct(">q"),
    "f": struct.Struct(">f"),
    "d": struct.Struct(">d"),
    "T": struct.Struct(">Q"),
}
_SIZE = struct.Struct(">I")
_DECIMAL = struct.Struct(">BI")


class Unreadable(ValueError):
    """These bytes are no field table."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value and the letter of its AMQP type.

    `S` is text, or bytes that are no UTF-8; `x` is bytes; `F` a tuple of `Entry`, `A` a tuple of
    `Value`, both bytes where they are nested too deep; `D` a pair of scale and number; `T` seconds;
    `V` None; `t` a truth value; all others are numbers.
    """

    type: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a table, and what it stands for."""

    name: str
    value: Value


def read_table(data: bytes) -> tuple[Entry, ...]:
    """Return the entries of a table, given without its size. Raises Unreadable."""
    return tuple(_entries(data, 0))


def write_table(entries: Sequence[Entry]) -> bytes:
    """Return a table, without its size. Raises ValueError for what AMQP has no room for."""
    return b"".join(_short(entry.name) + write_value(entry.value) for entry in entries)


def plain_table(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the table as Python values; of a name that stands there twice, the first."""
    return {entry.name: plain_value(entry.value) for entry in reversed(entries)}


def plain_value(value: Value) -> Any:
    """Return a Python value: bytes only for what is no text, a decimal as text."""
    match value.type, value.value:
        case "F", tuple() as entries:
            return plain_table(entries)
        case "A", tuple() as items:
            return [plain_value(item) for item in items]
        case "D", (scale, number):
            return f"{number}e-{scale}"
        case _, plain:
            return plain


def write_value(value: Value) -> bytes:
    """Return a value with the letter of its type before it. Raises ValueError."""
    return value.type.encode("latin-1") + _written(value)


def _written(value: Value) -> bytes:
    match value.type, value.value:
        case "t", bool() as truth:
            return bytes([truth])
        case "V", None:
            return b""
        case "S", str() as text:
            return _sized(text.encode())
        case "S" | "x" | "F" | "A", bytes() as data:
            return _sized(data)
        case "F", tuple() as entries:
            return _sized(write_table(entries))
        case "A", tuple() as items:
            return _sized(b"".join(map(write_value, items)))
        case "D", (int() as scale, int() as number):
            return _packed(_DECIMAL, scale, number)
        case kind, (int() | float()) as number if kind in _NUMBERS:
            return _packed(_NUMBERS[kind], number)
    msg = f"a value of type {value.type!r} cannot be written"
    raise ValueError(msg)


def _packed(layout: struct.Struct, *values: float) -> bytes:
    try:
        return layout.pack(*values)
    except (struct.error, OverflowError):
        msg = "a number is not of its type"
        raise ValueError(msg) from None


def _sized(data: bytes) -> bytes:
    return _SIZE.pack(len(data)) + data


def _short(name: str) -> bytes:
    # Bytes that are no UTF-8 stay what they are.
    data = name.encode("utf-8", "surrogateescape")
    return bytes([len(data)]) + data


def _entries(data: bytes, depth: int) -> Iterator[Entry]:
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        name = data[at + 1 : end].decode("utf-8", "surrogateescape")
        value, at = _read(data, end, depth)
        yield Entry(name, value)


def _items(data: bytes, depth: int) -> Iterator[Value]:
    at = 0
    while at < len(data):
        value, at = _read(data, at, depth)
        yield value


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """Return the value that begins at a place with its type, and the place after it."""
    kind = data[at : at + 1].decode("latin-1")
    at += 1
    try:
        match kind:
            case "V":
                return Value(kind, None), at
            case "t":
                return Value(kind, data[at] != 0), at + 1
            case "D":
                return Value(kind, _DECIMAL.unpack_from(data, at)), at + _DECIMAL.size
            case "S" | "x" | "F" | "A":
                (size,) = _SIZE.unpack_from(data, at)
                at, end = at + _SIZE.size, at + _SIZE.size + size
                if end > len(data):
                    raise Unreadable("cut off")
                return Value(kind, _sized_value(kind, data[at:end], depth)), end
        number = _NUMBERS[kind]
        return Value(kind, number.unpack_from(data, at)[0]), at + number.size
    except (struct.error, IndexError):
        raise Unreadable("cut off") from None
    except KeyError:
        raise Unreadable("of an unknown type") from None


def _sized_value(kind: str, data: bytes, depth: int) -> Any:
    if kind == "S":
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data
    if kind == "x" or depth >= MAX_NESTING:
        return data
    return tuple(_entries(data, depth + 1) if kind == "F" else _items(data, depth + 1))
