"""Where the broker of a trial runs, and what an operator or bad luck does to it."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import aiormq

from tests.broker.service import eventually
from worker.demo.control_command import ControlCommandFailed
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

USER = "pointsman"
_READY = 90.0
_OPERATOR_PATIENCE = 120
# A quorum queue that is killed within a second of its declaration loses confirmed messages on a
# single node. That is the broker's; nothing is crashed until this long after a declaration.
SETTLING = 3.0


class Site:
    """One node, fresh and empty. All calls are for the event loop; none blocks it."""

    def __init__(self, node: PrivateBroker, password: str) -> None:
        self.node = node
        self.password = password
        self.crashable_from = 0.0
        """Monotonic time before which no node may be killed."""
        self.busy = asyncio.Lock()
        """Held by whoever changes the state of a node."""

    @classmethod
    async def open(cls, installation: RabbitmqInstallation, password: str) -> Self:
        """Start a node and make the workers' user."""
        node = await asyncio.to_thread(PrivateBroker(installation).__enter__)
        site = cls(node, password)
        try:
            await site.operate("add_user", USER, password)
            await site.operate("set_permissions", "-p", "/", USER, ".*", ".*", ".*")
        except BaseException:
            await site.close()
            raise
        return site

    def keep_logs(self, directory: Path) -> None:
        """Copy what the nodes have logged."""
        for log in (self.node.directory.path / "log").glob("*.log"):
            shutil.copy(log, directory)

    async def close(self) -> None:
        """End everything and leave nothing."""
        await asyncio.to_thread(self.node.close)

    # ---- reaching it

    @property
    def ports(self) -> Sequence[int]:
        """The AMQP port of each node."""
        return (self.node.port,)

    @property
    def urls(self) -> list[str]:
        """For feeders and runners, who reach the nodes directly."""
        return [f"amqp://guest:guest@127.0.0.1:{port}/" for port in self.ports]

    async def control(self, *arguments: str) -> str:
        """Run a control command. Raises ControlCommandFailed."""
        return await asyncio.to_thread(self.node.rabbitmqctl, *arguments)

    async def depths(self) -> dict[str, tuple[int, int]]:
        """Return (ready, unacked) of each queue."""
        text = await self.control(
            "list_queues", "name", "messages_ready", "messages_unacknowledged"
        )
        rows = [line.split("\t") for line in text.splitlines()]
        return {name: (int(ready), int(unacked)) for name, ready, unacked in rows}

    async def delete_queue(self, name: str) -> None:
        """Delete a queue with all that is in it."""
        async with await aiormq.connect(self.urls[0]) as connection:
            channel = await connection.channel()
            await channel.queue_delete(name)

    async def waiting(self, name: str) -> int | None:
        """Return how many messages of a queue are ready; None if it is not there."""
        try:
            async with await aiormq.connect(self.urls[0]) as connection:
                channel = await connection.channel()
                declared = await channel.queue_declare(name, passive=True)
        except (aiormq.exceptions.AMQPError, OSError):
            return None
        return declared.message_count

    # ---- what befalls it

    def note_declaration(self) -> None:
        """Let nothing crash for a while: queues have just been declared."""
        self.crashable_from = time.monotonic() + SETTLING

    async def wait_settled(self) -> None:
        """Return once a crash is fair."""
        await asyncio.sleep(max(0.0, self.crashable_from - time.monotonic()))

    async def kill(self) -> None:
        await self.wait_settled()
        await asyncio.to_thread(self.node.kill)

    async def stop(self) -> None:
        await asyncio.to_thread(self.node.stop)

    async def start(self) -> None:
        """Start the node and return as soon as it answers."""
        await asyncio.to_thread(self.node.start)
        await asyncio.to_thread(self.node.wait_ready, _READY)

    async def freeze(self) -> None:
        await asyncio.to_thread(self.node.freeze)

    async def thaw(self) -> None:
        await asyncio.to_thread(self.node.thaw)

    async def operate(self, *arguments: str) -> None:
        """Run a control command as an operator would: again, until the broker takes it."""
        for _ in range(_OPERATOR_PATIENCE):
            try:
                await self.control(*arguments)
            except ControlCommandFailed:
                await asyncio.sleep(0.5)
            else:
                return
        raise ControlCommandFailed(f"rabbitmqctl {arguments[0]}: never taken")

    async def healthy(self) -> None:
        """Return once the node runs and nothing is left of any alarm."""

        async def calm() -> bool:
            try:
                return await self.control("eval", "rabbit_alarm:get_alarms().") == "[]"
            except ControlCommandFailed:
                return False

        await eventually(calm, "the broker has no alarm", _READY)
