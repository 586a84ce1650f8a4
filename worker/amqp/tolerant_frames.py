"""Frames that one unreadable property does not ruin.

pamqp raises on a timestamp past the year 9999, on a short string that is not UTF-8 and on some
header tables; aiormq then drops the connection, the broker delivers the same message again, and so
on for ever. Anybody who may publish could stop a worker that way. Here such a frame is read a
second time with lenient decoders: the property is lost, the delivery is not.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pamqp.decode
import pamqp.frame

_Decoder = Callable[[bytes], tuple[int, Any]]
_strict_unmarshal = pamqp.frame.unmarshal


def _timestamp(value: bytes) -> tuple[int, int]:
    return 8, int.from_bytes(value[:8], "big")


def _short_string(value: bytes) -> tuple[int, str]:
    length = value[0]
    # `?` and not U+FFFD, which is longer than what it stands for: the text has to fit a short
    # string again.
    text = value[1 : length + 1].decode("utf-8", "replace").replace("\ufffd", "?")
    return length + 1, text


def _table(value: bytes) -> tuple[int, dict[str, Any]]:
    return 4 + int.from_bytes(value[:4], "big"), {}


_LENIENT: dict[str, _Decoder] = {
    "timestamp": _timestamp,
    "shortstr": _short_string,
    "table": _table,
}


@contextmanager
def _lenient_decoders() -> Iterator[None]:
    methods: dict[str, Any] = pamqp.decode.METHODS
    strict = {name: methods[name] for name in _LENIENT}
    methods.update(_LENIENT)
    try:
        yield
    finally:
        methods.update(strict)


def unmarshal(data_in: bytes) -> tuple[int, int, Any]:
    """Return (bytes consumed, channel, frame), like `pamqp.frame.unmarshal`."""
    try:
        return _strict_unmarshal(data_in)
    except Exception:  # noqa: BLE001 - whatever it was: the second reading decides
        with _lenient_decoders():
            return _strict_unmarshal(data_in)


def install() -> None:
    """Have aiormq, which looks the function up by module, read frames this way. Idempotent."""
    pamqp.frame.unmarshal = unmarshal
