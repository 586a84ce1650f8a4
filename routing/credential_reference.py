"""Which key a runtime uses: a reference to it, never the key."""

import re
from collections.abc import Mapping

from routing.expand import NAME
from routing.node import Entry, TextNode, is_empty
from routing.reader import Reader
from routing.written_key import looks_like_key

KEYS = ("api_key", "api_key_env", "api_key_file")

_VARIABLE = re.compile(rf"\$\{{({NAME.pattern})\}}")


def read_credential(
    fields: Mapping[str, Entry], path: str, reader: Reader
) -> tuple[str, Entry] | None:
    """Return the credential reference that an entry states, and the entry it stands in.

    A key written out becomes `config:` and its path, and goes to `reader.written_keys`. No message
    quotes what stands here: it may be a key wherever it was put.
    """
    stated = [fields[key] for key in KEYS if key in fields and not is_empty(fields[key].value)]
    if len(stated) > 1:
        names = " and ".join(f"`{entry.key.text}`" for entry in stated)
        reader.report.error(
            stated[1].key, f"`{path}` states {names}", "one of them says which key it is"
        )
    if not stated:
        return None
    entry = stated[0]
    where = f"{path}.{entry.key.text}"
    if not isinstance(entry.value, TextNode):
        reader.wrong_type(entry.value, where, "text")
        return None
    match entry.key.text:
        case "api_key":
            reference = _from_key(entry.value, where, reader)
        case "api_key_env":
            reference = _from_name(entry.value, where, reader)
        case _:
            reference = _from_file(entry.value, where, reader)
    return None if reference is None else (reference, entry)


def _from_key(node: TextNode, where: str, reader: Reader) -> str | None:
    key = node.text.strip()
    if (variable := _VARIABLE.fullmatch(key)) is not None:
        return f"env:{variable[1]}"
    if "${" in key:
        reader.report.error(
            node,
            f"`{where}` mixes a variable with other text, or gives it a default",
            "a key is the name of one variable and nothing else: `${NAME}`",
        )
        return None
    if not key:
        return None
    reference = f"config:{where}"
    reader.written_keys[reference] = key
    reader.report.warning(
        node,
        f"`{where}` is a key written out in the file",
        f"put it in a variable, `{_last(where)}: ${{NAME}}`, or in a file, `api_key_file`",
    )
    return reference


def _from_name(node: TextNode, where: str, reader: Reader) -> str | None:
    name = node.text.strip()
    if NAME.fullmatch(name):
        return f"env:{name}"
    reader.report.error(
        node,
        f"`{where}` is not the name of a variable",
        "letters, digits and `_`, without `${` and `}`",
    )
    return None


def _from_file(node: TextNode, where: str, reader: Reader) -> str | None:
    file = reader.text(node, where)
    if file is not None and looks_like_key(file):
        hint = (
            "the path travels in messages; a key belongs in the file, or its variable in `api_key`"
        )
        reader.report.error(node, f"`{where}` is the path of a file, and holds a key", hint)
        return None
    return None if file is None else f"file:{file}"


def _last(path: str) -> str:
    return path.rpartition(".")[2]
