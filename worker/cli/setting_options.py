"""A command-line option for every setting, made from the settings themselves."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Annotated, Any, TypeVar

import typer

from worker.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def with_setting_options(command: _Command) -> _Command:
    """Give a command `--NAME TEXT` for every setting; it takes them as keyword arguments."""
    own = inspect.signature(command)
    kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
    added = [_option(entry.name, entry.metadata) for entry in fields(Settings)]
    command.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    command.__annotations__ = {
        **{p.name: p.annotation for p in kept},
        **{p.name: p.annotation for p in added},
    }
    return command


def _option(name: str, metadata: Mapping[str, Any]) -> inspect.Parameter:
    default = metadata["default"]()
    shown = "host name + random" if name == "worker_id" else default or "empty"
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        metavar="TEXT",
        help=metadata["help"],
        show_default=shown,
        rich_help_panel="Settings (also POINTSMAN_NAME, or worker: in the file)",
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, option],
    )
