"""A document written as YAML, as people write it."""

import re
from decimal import Decimal

# A word that is plain enough to go without quotes, anywhere. What it looks like to other readers
# of YAML (a number, a yes or a no, a time) does not matter: where a table wants text it is text.
PLAIN = re.compile(r"[\w/.-](?:[\w./:+@-]*[\w./+@-])?")
NULL = re.compile(r"~|null|-|---.*|[.]{3}.*", re.IGNORECASE)
# In `params` a plain scalar can be a number, true, false or null: only a name goes unquoted there.
NAME = re.compile(r"[A-Za-z][A-Za-z_]*")
WORDS = frozenset("true false null yes no on off y n nan inf".split())


def dump(document):
    """Return the text of a file that says what `document` (see `reference_decision`) says.

    Mappings are blocks; the innermost ones and lists of scalars go on one line. A text is quoted
    only if it would not be that text plain; in `params`, also if it would be something else.
    """
    return "".join(f"{line}\n" for line in _block(document, _plain_or_quoted))


def _block(mapping, write):
    for key, value in mapping.items():
        written = f"{_plain_or_quoted(key)}:"
        inner = _params_scalar if key == "params" else write
        if not isinstance(value, dict | list) or _is_short(value):
            yield f"{written} {_line(value, inner)}"
        elif isinstance(value, dict):
            yield written
            yield from (f"  {line}" for line in _block(value, inner))
        else:
            yield written
            for item in value:
                lines = _block(item, inner) if isinstance(item, dict) and item else None
                first, *rest = lines or [_line(item, inner)]
                yield f"  - {first}"
                yield from (f"    {line}" for line in rest)


def _is_short(value):
    inside = value.values() if isinstance(value, dict) else value
    return not any(
        isinstance(item, dict) or (isinstance(item, list) and not _is_short(item))
        for item in inside
    )


def _line(value, write):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write(k)}: {_line(v, write)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_line(item, write) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float | Decimal):
        return str(value)
    return write(value)


def _plain_or_quoted(text):
    return text if PLAIN.fullmatch(text) and not NULL.fullmatch(text) else _quoted(text)


def _params_scalar(text):
    return text if NAME.fullmatch(text) and text.lower() not in WORDS else _quoted(text)


def _quoted(text):
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter):
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"
