"""Identifiers as they are written in a message."""

from typing import Annotated

from pydantic import Field

# Hub platforms write ids as text or as numbers; both mean the text.
Identifier = Annotated[str, Field(max_length=256, coerce_numbers_to_str=True)]
