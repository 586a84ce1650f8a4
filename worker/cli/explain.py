"""`pointsman explain`: why a message goes where it goes."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts import DeadReason
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.explain_view import show, show_dead
from worker.cli.moment_option import AtOption, moment
from worker.cli.output_format import OutputFormat
from worker.cli.read_settings import read_settings
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.explain_delivery import ExplainedDelivery
from worker.explain_given import Basis, explain_given
from worker.explain_json import as_json
from worker.failure import CommandFailed
from worker.pipeline.pipeline import Limits


def _source(help_: str) -> Any:
    return typer.Option(metavar="TEXT", help=help_, rich_help_panel="Where the message is from")


def _message(help_: str, metavar: str = "TEXT") -> Any:
    return typer.Option(metavar=metavar, help=help_, rich_help_panel="What the message is")


@with_setting_options("prefix", "max_body", "max_hops")
def explain(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="MESSAGE",
            help="A file with one message, or one envelope as `route` takes; - is standard input.",
        ),
    ] = None,
    platform: Annotated[str | None, _source("Such as telegram, or hub:slate.")] = None,
    chat_id: Annotated[str | None, _source("Which chat.")] = None,
    chat_type: Annotated[str | None, _source("dm, group, channel or thread.")] = None,
    user_id: Annotated[str | None, _source("Who wrote.")] = None,
    thread_id: Annotated[str | None, _source("Which thread of the chat.")] = None,
    parent_chat_id: Annotated[str | None, _source("The chat that the chat is in.")] = None,
    scope_id: Annotated[str | None, _source("Which guild, team or tenant.")] = None,
    profile: Annotated[str | None, _source("Which profile of the gateway.")] = None,
    publisher: Annotated[
        str | None, _source("The RabbitMQ user; one that the platform lists if not given.")
    ] = None,
    text: Annotated[str | None, _message("What it says; `hello` if not given.")] = None,
    message_type: Annotated[str | None, _message("Such as photo; `text` if not given.")] = None,
    agent_id: Annotated[str | None, _message("Which agent it is for.")] = None,
    conversation_id: Annotated[str | None, _message("The conversation, if stated.")] = None,
    purpose: Annotated[str | None, _message("Such as memory_flush; `turn` if not given.")] = None,
    hops: Annotated[int | None, _message("Agent-to-agent hops so far.", "N")] = None,
    metadata: Annotated[list[str] | None, _message("May be repeated.", "KEY=VALUE")] = None,
    override_model: Annotated[str | None, _message("The model it asks for.")] = None,
    override_runtime: Annotated[str | None, _message("The runtime it asks for.")] = None,
    at: AtOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
    **flags: Any,
) -> None:
    """Explain why a message goes where it goes, or why it is denied.

    Shows every rule tried, the key that failed, which variant of a split and
    why, and where each field of the runtime is from. The message is a file, or
    flags that describe one. Without an envelope it is taken to be published to
    its platform's exchange.

    Example:  pointsman explain --platform telegram --chat-id 42 --chat-type dm --text hi

    Example:  pointsman explain --platform discord --at 2026-01-31T23:30:00+01:00

    Example:  pointsman explain message.json --format json
    """
    source = {
        "platform": platform,
        "chat_id": chat_id,
        "chat_type": chat_type,
        "user_id": user_id,
        "thread_id": thread_id,
        "parent_chat_id": parent_chat_id,
        "scope_id": scope_id,
        "profile": profile,
    }
    described = {
        "text": text,
        "message_type": message_type,
        "agent_id": agent_id,
        "conversation_id": conversation_id,
        "purpose": purpose,
        "hops": hops,
        "metadata": _pairs(metadata or []),
        "override": _stated({"model": override_model, "runtime": override_runtime}),
        "source": _stated(source),
    }
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, flags)
    limits = Limits(max_body=settings.max_body, max_hops=settings.max_hops)
    basis = Basis(loaded.table, limits, settings.prefix, moment(at) or datetime.now(UTC))
    explained = _explain(file, _stated(described), basis, publisher)
    if output is OutputFormat.JSON:
        sys.stdout.write(json.dumps(as_json(explained), indent=2, ensure_ascii=False) + "\n")
    elif isinstance(explained, ExplainedDelivery):
        show(explained)
    else:
        show_dead(*explained)


def _explain(
    file: str | None, described: Mapping[str, Any], basis: Basis, publisher: str | None
) -> ExplainedDelivery | tuple[DeadReason, str]:
    if file is None:
        if "platform" not in described.get("source", {}):
            raise CommandFailed("which message? give a file, or --platform and other flags")
        content = json.dumps({"text": "hello", **described}).encode()
    elif described:
        raise CommandFailed("give a file or flags that describe a message, not both")
    else:
        content = _read(file)
    return explain_given(content, basis, publisher)


def _read(file: str) -> bytes:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
    return data.strip()


def _stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, {})}


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise CommandFailed(f"--metadata {text!r} is not KEY=VALUE")
        pairs[key] = value
    return pairs
