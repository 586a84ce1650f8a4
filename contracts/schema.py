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
CONTRACTS: dict[str, type[BaseModel]] = {
    "inbound_message.v1": InboundMessage,
    "turn_job.v1": TurnJob,
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a contract, by its name in `CONTRACTS`."""
    # Of a message, what may be written; of a job, what we write.
    mode: JsonSchemaMode = "serialization" if CONTRACTS[name] is TurnJob else "validation"
    schema = CONTRACTS[name].model_json_schema(mode=mode)
    return {"$schema": DIALECT, "$id": f"urn:pointsman:schema:{name}", **schema}


def schema_text(name: str) -> str:
    """Return the JSON Schema of a contract as it is committed in `FOLDER`, in `<name>.json`."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"
