"""Reads the runtime fields of one entry: the base, a rule, a named runtime."""

import re
from collections.abc import Mapping
from typing import Any

from routing.credential_reference import KEYS as _CREDENTIAL_KEYS
from routing.credential_reference import read_credential
from routing.node import Entry, Node, Place
from routing.read_params import read_params
from routing.reader import Reader
from routing.runtime_fields import RuntimeFields

_TEXTS = ("model", "provider", "base_url", "api_mode", "command")
KEYS = (*_TEXTS, "args", "params", *_CREDENTIAL_KEYS)

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
        texts = reader.texts(args.value, f"{path}.args")
        state("args", texts and tuple(text for _, text in texts), args)
    if (params := fields.get("params")) is not None:
        state("params", read_params(params.value, f"{path}.params", reader), params)
    if (credential := read_credential(fields, path, reader)) is not None:
        state("credential", *credential)
    return RuntimeFields(values, places)


def _text(node: Node, path: str, reader: Reader) -> str | None:
    text = reader.text(node, path)
    if text is not None and path.endswith(".base_url") and _BEFORE_AT.match(text):
        reader.report.error(
            node,
            f"`{path}` holds a user name or password before its `@`",
            "a runtime travels in messages; put the secret in `api_key`",
        )
        return None
    return text
