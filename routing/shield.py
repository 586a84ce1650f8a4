"""Lets `${NAME}` stand anywhere in YAML.

`{ api_key: ${KEY} }` is what people write, but there the braces would end the text. So for the time
of parsing the marks inside `${…}` are replaced, one for one, by characters that nobody writes;
places stay right.
"""

import re

_MARKS = "{}[],:#"
_FIRST = 0x10FFF0
_SHIELD = str.maketrans({mark: chr(_FIRST + at) for at, mark in enumerate(_MARKS)})
_UNSHIELD = str.maketrans({chr(_FIRST + at): mark for at, mark in enumerate(_MARKS)})
# Quotes are left out: where a text ends must not change.
_VARIABLE = re.compile(r"""\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^{}"'\n\r]*)?\}""")
_RESERVED = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + len(_MARKS) - 1)}]")


def find_reserved(text: str) -> int | None:
    """Return where a character stands that only the shield may use, or None."""
    found = _RESERVED.search(text)
    return None if found is None else found.start()


def shield(text: str) -> str:
    """Return `text`, as long as it was, with the marks inside every `${…}` put aside."""
    return _VARIABLE.sub(lambda found: found[0].translate(_SHIELD), text)


def unshield(text: str) -> str:
    """Return a piece of a shielded text as it was written."""
    return text if text.isascii() else text.translate(_UNSHIELD)
