"""Every command of the command line, in every format: the ways in which it lets bytes out."""

import io
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer

from tests.secrets.places import (
    FILES,
    FRAME,
    HEADERS,
    HERMES,
    LITELLM,
    MESSAGE,
    PROPERTIES,
    TABLE,
    VARIABLES,
    Written,
)
from worker.broker_user import BrokerUser
from worker.broker_users import plan_users
from worker.cli.app import build_app, main
from worker.config_file import load_config
from worker.topology import plan_topology

_GUESS = f"v1;kid=k1;ts=1;sig={'A' * 43}="
# As they are called in a folder that `write_files` has filled.
CALLS = [
    "check --strict",
    "check --format=text pointsman.yaml new.yaml bad.yaml",
    "check --format=json pointsman.yaml new.yaml bad.yaml",
    "check --format=github pointsman.yaml new.yaml bad.yaml",
    "credentials list --format=text",
    "credentials list --format=json",
    "credentials list --config=bad.yaml",
    "credentials export --output=exported.json",
    "credentials export --output=no-such-folder/exported.json",
    "dead list --format=text",
    "dead list --each --format=json",
    "dead list --config=bad.yaml",
    "dead show 3f2a90c1 --format=text",
    "dead show 3f2a90c1 --format=json",
    "dead export --output=letters.jsonl --remove",
    "dead import captured.jsonl",
    "dead purge --all --yes",
    "dead forget --user=telegram:4711 --yes",
    "dead redrive --yes --format=text",
    "dead redrive --dry-run --format=json",
    "demo --config=bad.yaml",
    "demo --seconds=1",
    "doctor --format=text",
    "doctor --format=json --config=new.yaml",
    "doctor --config=bad.yaml",
    *(
        f"doctor --amqp-url={scheme}://u@127.0.0.1:1/ POINTSMAN_AMQP_{name}_FILE={file}"
        for scheme, name, file in (
            ("amqp", "PASSWORD", "KEY_FILE"),
            ("amqp", "PASSWORD", "TLS_KEY"),
            ("amqps", "CA", "KEY_FILE"),
            ("amqps", "CERT", "TLS_KEY"),
        )
    ),
    "diff pointsman.yaml new.yaml",
    "diff --format=text pointsman.yaml new.yaml --against=captured.jsonl",
    "diff --format=json pointsman.yaml new.yaml --against=captured.jsonl",
    "diff --format=json pointsman.yaml new.yaml",
    "diff pointsman.yaml bad.yaml",
    *(
        f"explain {file} --format={form}"
        for file in ("message-1.json", "message-2.json", "envelope.json", "malformed.json")
        for form in ("text", "json")
    ),
    "explain --platform=slack --chat-id=file",
    "import hermes hermes.yaml",
    "import hermes hermes.yaml --output=imported-1.yaml",
    "import litellm litellm.yaml",
    "import litellm litellm.yaml --output=imported-2.yaml",
    "import litellm bad.yaml",
    "route captured.jsonl",
    "route captured.jsonl --trust=open",
    "routes --format=table",
    "routes --format=json",
    "routes --format=mermaid",
    "routes --only=telegram",
    "schema",
    "sign message-1.json --kid=k1 --message-id=m --key-env=SOME_KEY --format=text",
    "sign message-1.json --kid=k1 --message-id=m --key-file=KEY_FILE --format=json",
    "sign message-1.json --message-id=m --key-file=KEY_FILE --verify=v1;kid=k1;ts=1;sig=",
    f"sign message-1.json --message-id=m --key-env=SOME_KEY --ts=1 --verify={_GUESS}",
    "top --once --format=text",
    "top --once --format=json",
    *(
        f"top --http={url} --once --format={form}"
        for url in (
            "http://127.0.0.1:1",
            "http://127.0.0.1:1 --console-token-file=KEY_FILE",
            "http://127.0.0.1:1 --console-token-file=TLS_KEY",
        )
        for form in ("text", "json")
    ),
    "topology --format=text",
    "topology --format=json",
    "topology show --format=text",
    "topology show --format=json",
    "topology apply",
    *(
        f"topology apply --amqp-url={scheme}://u@127.0.0.1:1/ {files}"
        for scheme, files in (
            ("amqp", "POINTSMAN_AMQP_PASSWORD_FILE=KEY_FILE"),
            ("amqp", "POINTSMAN_AMQP_PASSWORD_FILE=TLS_KEY"),
            ("amqps", "POINTSMAN_AMQP_CA_FILE=KEY_FILE"),
            ("amqps", "POINTSMAN_AMQP_CERT_FILE=KEY_FILE"),
            ("amqps", "POINTSMAN_AMQP_CERT_FILE=TLS_KEY POINTSMAN_AMQP_KEY_FILE=TLS_KEY"),
        )
    ),
    "topology permissions --create-passwords=made --format=text",
    "topology permissions --create-passwords=made --format=json",
    "topology permissions --passwords=passwords --format=text",
    "topology permissions --passwords=passwords --format=json",
    "topology permissions --passwords=no-such-folder",
    "topology repartition 3",
    "topology repartition 3 --apply",
]
# They never end by themselves while there is no broker: see tests/broker/test_no_secrets.py.
WITH_A_BROKER = {"capture", "run"}


def ways_out() -> Iterator[tuple[str, str | None]]:
    """Yield each command with each of its formats, None for the one without."""
    yield from _ways_out(typer.main.get_command(build_app()), "")


def _ways_out(command: Any, name: str) -> Iterator[tuple[str, str | None]]:
    for inner, each in getattr(command, "commands", {}).items():
        yield from _ways_out(each, f"{name} {inner}".strip())
    if hasattr(command, "commands") and not command.invoke_without_command:
        return
    formats = [each for each in command.params if "--format" in each.opts]
    choices = [choice.value for each in formats for choice in type(each.default)]
    yield from ((name, choice) for choice in choices or [None])


def write_files(folder: Path, written: Written) -> None:
    """Fill a folder with tables, configurations and messages that have a marker in every place."""
    tables = {
        "pointsman.yaml": TABLE,
        # Another one: the same keys are others, places move, a target changes.
        "new.yaml": _changed(TABLE),
        "bad.yaml": {**TABLE, "unknown": {}, "trust": "perhaps"},
        "hermes.yaml": HERMES,
        "litellm.yaml": LITELLM,
    }
    for name, table in tables.items():
        (folder / name).write_text(json.dumps(written.fill(table, name)))
    for name, content in FILES.items():
        (folder / name).write_text(written.fill(content, name))
    (folder / "passwords").mkdir()
    for user in _users(folder / "pointsman.yaml"):
        (folder / "passwords" / user.password_file).write_text(written.mark(user.name))
    messages = [
        {"source": {"platform": "slack"}, **written.fill(MESSAGE, "message")},
        written.fill(FRAME, "frame"),
        {**written.fill(MESSAGE, "malformed"), "hops": "many"},
    ]
    messages[0]["source"]["platform"] = messages[2]["source"]["platform"] = "slack"
    for name, message in zip(("message-1", "message-2", "malformed"), messages, strict=True):
        (folder / f"{name}.json").write_text(json.dumps(message))
    envelopes = [
        {
            "exchange": f"in.{platform}",
            "routing_key": "k",
            "properties": {
                **written.fill(PROPERTIES, "properties"),
                "headers": written.fill(HEADERS, "headers"),
            },
            "body": body,
        }
        for platform, body in [*(("slack", each) for each in messages), ("hub", messages[1])]
    ]
    (folder / "envelope.json").write_text(json.dumps(envelopes[-1]))
    lines = [*messages, *envelopes]
    (folder / "captured.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))


def output_of(arguments: str) -> bytes:
    """Run `pointsman ARGUMENTS`; return all it writes, with the traceback if it has one.

    Words like `POINTSMAN_NAME=value` are variables of its environment.
    """
    words = arguments.split()
    variables = dict(word.split("=", 1) for word in words if word.startswith("POINTSMAN_"))
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        patch.dict(os.environ, variables),
        patch.object(
            sys, "argv", ["pointsman", *(w for w in words if not w.startswith("POINTSMAN_"))]
        ),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
    ):
        try:
            main()
        except SystemExit:
            pass
        except Exception:  # noqa: BLE001 - shown as Python itself would
            err.write(traceback.format_exc())
    return b"".join(each.buffer.getvalue() for each in (out, err))


def _users(table: Path) -> Iterable[BrokerUser]:
    config = load_config(table, dict.fromkeys(VARIABLES, "x"))
    topology = plan_topology(config.table, config.settings({}, {}))
    return plan_users(config.table, topology, "")


def _changed(table: dict[str, Any]) -> dict[str, Any]:
    model = {**table["model"], "default": "m-other"}
    first = {"match": {"platform": "irc"}, "model": "m-irc"}
    return {**table, "model": {**model, "routes": [first, *model["routes"]]}}
