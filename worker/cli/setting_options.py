"""Command-line options for settings, made from the settings themselves."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Annotated, Any, TypeVar

import typer

from worker.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def with_setting_options(*names: str) -> Callable[[_Command], _Command]:
    """Give a command `--NAME TEXT` for these settings; it takes them as keyword arguments."""
    chosen = [each for each in fields(Settings) if each.name in names]

    def with_options(command: _Command) -> _Command:
        own = inspect.signature(command)
        kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        added = [_option(each.name, each.metadata) for each in chosen]
        command.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*kept, *added)}
        return command

    return with_options


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
