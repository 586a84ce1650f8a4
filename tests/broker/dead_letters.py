"""Letters of tests, and `pointsman dead` on them."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import amqp_bytes as raw
from tests.broker.raw_publisher import RawPublisher
from tests.broker.service import COMMAND, PATIENCE
from worker.amqp.dead_queue import DeadQueue
from worker.amqp.read_ahead import HeldLetter
from worker.config_file import load_config
from worker.settings import Settings

TABLE: dict[str, Any] = {
    "model": {"default": "m"},
    "platforms": {"telegram": {"home_channel": "42"}, "discord": {}},
}


class DeadTools:
    """`pointsman dead` in a folder of its own, on a virtual host that has the topology."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self.directory = directory
        outside = {k: v for k, v in os.environ.items() if not k.startswith("POINTSMAN_")}
        self.environ = {**outside, "POINTSMAN_AMQP_URL": url, "COLUMNS": "200"}
        (directory / "pointsman.yaml").write_text(json.dumps(TABLE), encoding="utf-8")
        applied = self.pointsman("topology", "apply")
        assert applied.returncode == 0, applied.stderr

    @property
    def settings(self) -> Settings:
        """What the commands are told."""
        config = load_config(self.directory / "pointsman.yaml", {})
        return config.settings({}, {"POINTSMAN_AMQP_URL": self.url})

    def pointsman(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            env=self.environ,
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            timeout=4 * PATIENCE,
        )

    def dead(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> str:
        """Run `pointsman dead`; return its standard output. It has to end with this code."""
        done = self.pointsman("dead", *arguments, stdin=stdin)
        assert done.returncode == code, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        self.said = done.stderr.decode()
        return done.stdout.decode()

    def each(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the letters that `list --each` tells of."""
        listed = self.dead("list", "--each", "--format", "json", *arguments)
        return [json.loads(line) for line in listed.splitlines()]

    def publish(self, letters: Sequence[tuple[bytes, dict[str, bytes]]]) -> None:
        """Put letters with raw properties among the dead, in order."""
        with RawPublisher(self.url) as publisher:
            for body, properties in letters:
                publisher.publish("dead", body, properties, b"a-key")

    async def held(self) -> list[HeldLetter]:
        """Return the letters as they are, and leave them."""
        queue = await DeadQueue.open(self.settings, "test")
        try:
            return [letter async for letter in queue.letters()]
        finally:
            await queue.close()


def letter(number: int, **facts: str) -> tuple[bytes, dict[str, bytes]]:
    """Return a letter as a worker makes it; its facts are headers, `reason="expired"`."""
    told = {"reason": "malformed", "platform": "telegram", **facts}
    told = {"detail": f"item {number} of 'x{number}' is not text", **told}
    told = {"at": f"2026-01-31T12:00:{number % 60:02}.000+00:00", "attempt": "1", **told}
    headers = [(f"x-dead-{k.replace('_', '-')}".encode(), long_text(v)) for k, v in told.items()]
    source = {"chat_id": f"c-{number}", "chat_type": "dm", "user_id": f"u-{number}"}
    body = json.dumps({"message_id": f"m-{number}", "text": f"text {number}", "source": source})
    properties = {
        "headers": raw.table(headers),
        "delivery_mode": raw.PERSISTENT,
        "message_id": raw.short(f"letter-{number}".encode()),
    }
    return body.encode(), properties


def long_text(text: str) -> bytes:
    """Return a header's value that is text."""
    return b"S" + raw.long(text.encode())
