"""Identifiers as they are written in a message."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

# Hub platforms write ids as text or as numbers; both mean the text, and a job carries the text.
_WRITTEN = {"type": ["string", "number"], "maxLength": 256}

Identifier = Annotated[
    str,
    Field(max_length=256, coerce_numbers_to_str=True),
    WithJsonSchema(_WRITTEN, mode="validation"),
]
NonEmptyIdentifier = Annotated[
    str,
    Field(min_length=1, max_length=256, coerce_numbers_to_str=True),
    WithJsonSchema({**_WRITTEN, "minLength": 1}, mode="validation"),
]
