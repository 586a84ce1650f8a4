"""The JSON Schemas of what crosses a queue."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from contracts.inbound_message import InboundMessage
from contracts.turn_job import TurnJob

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent / "schemas"
OLDER_NAMES = {"timestamp": "created_at", "guild_id": "scope_id"}
CONTRACTS: dict[str, type[BaseModel]] = {
    "inbound_message.v1": InboundMessage,
    "turn_job.v1": TurnJob,
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a contract, by its name in `CONTRACTS`."""
    # Of a message, what may be written; of a job, what we write.
    mode: JsonSchemaMode = "serialization" if CONTRACTS[name] is TurnJob else "validation"
    schema = CONTRACTS[name].model_json_schema(mode=mode)
    if mode == "validation":
        for written in (schema, *schema["$defs"].values()):
            _allow_what_is_read(written)
    return {"$schema": DIALECT, "$id": f"urn:pointsman:schema:{name}", **schema}


def _allow_what_is_read(schema: dict[str, Any]) -> None:
    """Add to the schema of an object what its reader takes besides: null, and older names."""
    properties = schema.get("properties", {})
    for name, property_ in properties.items():
        if name not in schema.get("required", ()) and {"type": "null"} not in property_.get(
            "anyOf", ()
        ):
            properties[name] = _or_null(property_)
    for older, name in OLDER_NAMES.items():
        if name in properties:
            properties[older] = properties[name]


def _or_null(property_: dict[str, Any]) -> dict[str, Any]:
    outside: dict[str, Any] = {
        key: property_[key] for key in ("default", "title") if key in property_
    }
    inside = {key: value for key, value in property_.items() if key not in outside}
    return {"anyOf": [inside, {"type": "null"}]} | outside if inside else property_


def schema_text(name: str) -> str:
    """Return the JSON Schema of a contract as it is committed in `FOLDER`, in `<name>.json`."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"
