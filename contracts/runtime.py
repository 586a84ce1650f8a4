"""The bundle a turn runs on."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Runtime(BaseModel):
    """What a model runner needs to run a turn. Always travels whole, and never holds a key.

    `credential` is a reference (`env:NAME`, `file:PATH`, `config:PATH`) that a runner resolves
    with `contracts.credentials`. A field nobody set is null.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    model: str
    provider: str | None = None
    base_url: str | None = None
    api_mode: str | None = None
    command: str | None = None
    args: tuple[str, ...] | None = None
    params: dict[str, Any] | None = None
    credential: str | None = None
