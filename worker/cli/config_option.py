"""The `--config` that every command takes."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("pointsman.yaml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="POINTSMAN_CONFIG", metavar="FILE", help="The routing table."
    ),
]
