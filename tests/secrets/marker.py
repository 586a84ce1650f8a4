"""What stands for a secret in a test: found again whole or in part, however it is written."""

import base64
import re
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_to_bytes
from uuid import uuid4

_PART = 12  # characters: enough to be nothing else, short enough for what quotes only a beginning
_ESCAPED = re.compile(rb"\\u00([0-7][0-9a-fA-F])|\\x([0-7][0-9a-fA-F])")


@dataclass(frozen=True)
class Marker:
    """A made-up secret, different in every run. `between` is what it holds besides digits."""

    place: str
    between: str = "-"
    _head: str = field(default_factory=lambda: uuid4().hex)
    _tail: str = field(default_factory=lambda: uuid4().hex)

    def __str__(self) -> str:
        return f"{self._head}{self.between}{self._tail}"

    @property
    def text(self) -> str:
        """The secret itself."""
        return str(self)

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """What gives it away: either end of it, in lower case, forwards and backwards, and in hex."""
        ends = [end.encode() for end in (self._head[:_PART], self._tail[-_PART:])]
        return tuple(each for end in ends for each in (end, end[::-1], end.hex().encode()))

    @cached_property
    def encoded_needles(self) -> tuple[bytes, ...]:
        """The same ends in base64, wherever in a longer text they begin."""
        ends = (self._head[: 2 * _PART], self._tail[-2 * _PART :])
        return tuple(_in_base64(end.encode(), shift) for end in ends for shift in range(3))

    def is_in(self, data: bytes | str) -> bool:
        """Whether any of it can be read in `data`."""
        return any(self in Views(each) for each in (data,))


class Views:
    """Some output, read in every way that somebody might read it."""

    def __init__(self, data: bytes | str) -> None:
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        plain = {raw, raw.replace(b"\0", b""), b"".join(raw.split()), _unescaped(raw)}
        plain |= {unquote_to_bytes(each) for each in plain if b"%" in each}
        self._encoded = plain
        self._plain = {each.lower() for each in plain}

    def __contains__(self, marker: Marker) -> bool:
        return any(needle in view for needle in marker.needles for view in self._plain) or any(
            needle in view for needle in marker.encoded_needles for view in self._encoded
        )


def found(data: bytes | str, markers: list[Marker]) -> list[str]:
    """The places whose marker is in `data`."""
    views = Views(data)
    return [marker.place for marker in markers if marker in views]


def _in_base64(text: bytes, shift: int) -> bytes:
    """The middle of a text in base64, if it begins `shift` bytes into a group of three."""
    encoded = base64.b64encode(b"\0" * shift + text)
    # The first and the last group depend on what stands beside the text.
    return encoded[4:-4]


def _unescaped(raw: bytes) -> bytes:
    return _ESCAPED.sub(lambda hit: bytes([int(hit[1] or hit[2], 16)]), raw)
