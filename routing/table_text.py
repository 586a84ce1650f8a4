"""From a table file's bytes to text that can be parsed."""

import re

from routing.node import Place
from routing.shield import find_reserved
from routing.unreadable import UnreadableError

MAX_BYTES = 16 * 1024 * 1024

_BYTE_ORDER_MARK = "\ufeff"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


def decode_table(data: bytes) -> str:
    """Return the text, without a byte order mark. Raises UnreadableError."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(Place(1, 1), f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(line, error.start - data.rfind(b"\n", 0, error.start))
        raise UnreadableError(place, "the file is not UTF-8 text", "save it as UTF-8") from None
    for at in (_first_unprintable(text), find_reserved(text)):
        if at is not None:
            raise UnreadableError(
                Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)),
                f"a table cannot hold the character U+{ord(text[at]):04X}",
            )
    # JSON is YAML but for this: a character beyond U+FFFF is two escapes there, and one here.
    return _ESCAPED_PAIR.sub(_one_escape, text) if text.lstrip().startswith("{") else text


def _first_unprintable(text: str) -> int | None:
    found = _UNPRINTABLE.search(text)
    return None if found is None else found.start()


def _one_escape(found: re.Match[str]) -> str:
    high, low = int(found[2], 16), int(found[3], 16)
    return f"{found[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"
