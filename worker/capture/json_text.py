"""JSON in which a number stays as it was written: rules compare it by its text."""

import json
from typing import Any

from routing.written_float import WrittenFloat


def json_text(value: Any) -> str:
    """Return a JSON value, such as `read_json_object` reads, on one line."""
    match value:
        case WrittenFloat():
            return str(value)
        case dict():
            members = (f"{json.dumps(name)}:{json_text(item)}" for name, item in value.items())
            return f"{{{','.join(members)}}}"
        case list():
            return f"[{','.join(map(json_text, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)
