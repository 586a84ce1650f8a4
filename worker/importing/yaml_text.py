"""Writes a table as YAML that reads back as exactly what was meant."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar that is written as it is: a number, `true`, `false`."""

    text: str


Value = str | Plain | Sequence["Value"] | Mapping[str, "Value"]
Document = dict[str, Value]

_WIDTH = 100
# Texts that no reader of YAML takes for anything else. Numbers and the like are quoted, though
# Pointsman would not mind: people read the file too.
_BARE = re.compile(r"[A-Za-z_/.][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*(?: [A-Za-z0-9_./@+-]+)*")
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_MISREAD = re.compile(
    r"(?:~|null|true|false|yes|no|on|off|[.]?(?:inf|nan)|[.0-9].*)", re.IGNORECASE
)
_ESCAPED = re.compile("[\x7f-\xa0\xad\u2028\u2029\ufeff]")


def yaml_text(document: Mapping[str, Value], header: Sequence[str] = ()) -> str:
    """Return the document in blocks, small mappings and lists on one line; `header` as comments."""
    lines = [f"# {line}" for line in header]
    for key, value in document.items():
        lines.extend(["", *_entry(key, value, "")])
    return "\n".join(lines).lstrip("\n") + "\n"


def _entry(key: str, value: Value, indent: str) -> Iterator[str]:
    name = f"{indent}{_scalar(key)}:"
    flow = _flow(value)
    if isinstance(value, str | Plain) or not value or _fits(value, f"{name} {flow}", indent):
        yield f"{name} {flow}"
        return
    yield name
    yield from _block(value, f"{indent}  ")


def _block(value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(key, item, indent)
    elif not isinstance(value, str | Plain):
        for item in value:
            yield from _item(item, indent)


def _item(item: Value, indent: str) -> Iterator[str]:
    line = f"{indent}- {_flow(item)}"
    if isinstance(item, str | Plain) or len(line) <= _WIDTH:
        yield line
        return
    for at, inner in enumerate(_block(item, f"{indent}  ")):
        yield inner if at else f"{indent}- {inner[len(indent) + 2 :]}"


def _fits(value: Value, line: str, indent: str) -> bool:
    """Whether a mapping or list may stand on one line: the sections of a file never do."""
    if not indent or len(line) > _WIDTH or isinstance(value, str | Plain):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return all(isinstance(each, str | Plain) for each in inner)


def _flow(value: Value) -> str:
    if isinstance(value, Plain):
        return value.text
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    return f"[{', '.join(map(_flow, value))}]"


def _scalar(text: str) -> str:
    bare = _BARE.fullmatch(text) and not _MISREAD.fullmatch(text)
    if bare or _VARIABLE.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
