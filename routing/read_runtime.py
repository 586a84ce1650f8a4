"""Reads the runtime fields of one entry: the base, a rule, a named runtime."""

import re
from collections.abc import Mapping
from typing import Any

from routing.credential_reference import KEYS as _CREDENTIAL_KEYS
from routing.credential_reference import read_credential
from routing.node import Entry, Node, Place
from routing.passed_key import key_in_command, passed_key
from routing.problem import quote
from routing.read_params import read_params
from routing.reader import Reader
from routing.runtime_fields import RuntimeFields
from routing.secret_name import may_be_secret

_TEXTS = ("model", "provider", "base_url", "api_mode", "command")
KEYS = (*_TEXTS, "args", "params", *_CREDENTIAL_KEYS)

_TRAVELS = "a runtime travels in messages; put the secret in `api_key`"
_BEFORE_AT = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://)?[^/?#]*@")


def read_runtime(
    fields: Mapping[str, Entry], path: str, reader: Reader, model_keys: tuple[str, ...] = ("model",)
) -> RuntimeFields:
    """Return what an entry states of a runtime. The first model key with an opinion counts."""
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}

    def state(name: str, value: object, entry: Entry) -> None:
        if value is not None:
            values[name] = value
            places[name] = Place(entry.key.line, entry.key.column)

    for name in _TEXTS:
        for key in model_keys if name == "model" else (name,):
            if name not in values and key in fields:
                state(name, _text(fields[key].value, f"{path}.{key}", reader), fields[key])
    if (args := fields.get("args")) is not None:
        state("args", _args(args.value, f"{path}.args", reader), args)
    if (params := fields.get("params")) is not None:
        state("params", read_params(params.value, f"{path}.params", reader), params)
    if (credential := read_credential(fields, path, reader)) is not None:
        state("credential", *credential)
    return RuntimeFields(values, places)


def _text(node: Node, path: str, reader: Reader) -> str | None:
    text = reader.text(node, path)
    if text is not None and path.endswith(".base_url") and _BEFORE_AT.match(text):
        message = f"`{path}` holds a user name or password before its `@`"
        reader.report.error(node, message, _TRAVELS)
        return None
    if text is not None and path.endswith(".base_url") and _has_key_in_query(text):
        reader.report.error(node, f"`{path}` holds a key in its query", _TRAVELS)
        return None
    if text is not None and path.endswith(".command") and (name := key_in_command(text)):
        reader.report.error(node, f"`{path}` holds {quote(name)}, and that a key", _TRAVELS)
        return None
    return text


def _has_key_in_query(url: str) -> bool:
    query = url.partition("?")[2].replace(";", "&").split("&")
    names = (pair.partition("=")[0] for pair in query if "=" in pair)
    return any(name.lower() == "key" or may_be_secret(name) for name in names)


def _args(node: Node, path: str, reader: Reader) -> tuple[str, ...] | None:
    texts = reader.texts(node, path)
    if texts is None:
        return None
    for item, text in texts:
        option, _, _ = text.partition("=")
        is_secret = option.startswith("-") and may_be_secret(option)
        if (name := option if is_secret else passed_key(text)) is not None:
            reader.report.error(item, f"`{path}` holds {quote(name)}, and that a key", _TRAVELS)
            return None
    return tuple(text for _, text in texts)
