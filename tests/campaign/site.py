"""Where the broker of a trial runs, and what an operator or bad luck does to it."""

import asyncio
import random
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import aiormq

from tests.broker.service import eventually
from tests.campaign.cluster import start_nodes
from worker.demo.control_command import ControlCommandFailed
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

USER = "pointsman"
_READY = 90.0
_OPERATOR_PATIENCE = 120
_CONSUMERS = '{"consumer-disconnected-timeout": 1000}'
# A quorum queue that is killed within a second of its declaration loses confirmed messages on a
# single node. That is the broker's; nothing is crashed until this long after a declaration.
SETTLING = 3.0


class Site:
    """One node or a cluster, fresh and empty. All calls are for the event loop; none blocks it."""

    def __init__(self, nodes: Sequence[PrivateBroker], password: str) -> None:
        self.nodes = nodes
        self.password = password
        self.crashable_from = 0.0
        """Monotonic time before which no node may be killed."""
        self.busy = asyncio.Lock()
        """Held by whoever changes the state of a node: never two at once."""

    @classmethod
    async def open(cls, installation: RabbitmqInstallation, password: str, nodes: int = 1) -> Self:
        """Start the nodes and make the workers' user."""
        site = cls(await asyncio.to_thread(start_nodes, installation, nodes), password)
        try:
            await site.operate("add_user", USER, password)
            await site.operate("set_permissions", "-p", "/", USER, ".*", ".*", ".*")
            if site.clustered:
                await site._shorten_wait()
        except BaseException:
            await site.close()
            raise
        return site

    async def _shorten_wait(self) -> None:
        """Do as docs/guarantees.md asks where the broker waits for a lost node's consumers."""
        policy = ("set_policy", "--apply-to", "queues", "consumers", ".*", _CONSUMERS)
        with suppress(ControlCommandFailed):  # before 4.3 it neither waits nor knows the policy
            await self.control(*policy)

    def keep_logs(self, directory: Path) -> None:
        """Copy what the nodes have logged."""
        for node in self.nodes:
            for log in (node.directory.path / "log").glob("*.log"):
                shutil.copy(log, directory)

    async def close(self) -> None:
        """End everything and leave nothing."""
        for node in reversed(self.nodes):
            await asyncio.to_thread(node.close)

    # ---- reaching it

    @property
    def clustered(self) -> bool:
        return len(self.nodes) > 1

    @property
    def ports(self) -> Sequence[int]:
        """The AMQP port of each node."""
        return [node.port for node in self.nodes]

    @property
    def urls(self) -> list[str]:
        """For feeders and runners, who reach the nodes directly."""
        return [f"amqp://guest:guest@127.0.0.1:{port}/" for port in self.ports]

    async def control(self, *arguments: str) -> str:
        """Run a control command on a node that runs. Raises ControlCommandFailed."""
        running = [node for node in self.nodes if node.pid is not None] or list(self.nodes)
        return await asyncio.to_thread(running[0].rabbitmqctl, *arguments)

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

    async def depths(self) -> dict[str, tuple[int, int]]:
        """Return (ready, unacked) of each queue."""
        text = await self.control(
            "list_queues", "name", "messages_ready", "messages_unacknowledged"
        )
        rows = [line.split("\t") for line in text.splitlines()]
        return {name: (int(ready), int(unacked)) for name, ready, unacked in rows}

    async def leader(self, queue: str) -> PrivateBroker | None:
        """Return the node that leads a queue."""
        text = await self.control("list_queues", "name", "leader")
        leaders = dict(line.split("\t") for line in text.splitlines() if "\t" in line)
        name = leaders.get(queue)
        return next((node for node in self.nodes if node.directory.node_name == name), None)

    async def delete_queue(self, name: str) -> None:
        """Delete a queue with all that is in it."""
        async with await self._connect() as connection:
            channel = await connection.channel()
            await channel.queue_delete(name)

    async def waiting(self, name: str) -> int | None:
        """Return how many messages of a queue are ready; None if it is not there."""
        try:
            async with await self._connect() as connection:
                channel = await connection.channel()
                declared = await channel.queue_declare(name, passive=True)
        except (aiormq.exceptions.AMQPError, OSError):
            return None
        return declared.message_count

    async def _connect(self) -> aiormq.abc.AbstractConnection:
        for url in self.urls[1:]:
            with suppress(aiormq.exceptions.AMQPError, OSError):
                return await aiormq.connect(url)
        return await aiormq.connect(self.urls[0])

    # ---- what befalls it

    def some_node(self, rng: random.Random) -> PrivateBroker:
        """Return one of the nodes."""
        return rng.choice(self.nodes)

    def note_declaration(self) -> None:
        """Let nothing crash for a while: queues have just been declared."""
        self.crashable_from = time.monotonic() + SETTLING

    async def wait_settled(self) -> None:
        """Return once a crash is fair."""
        await asyncio.sleep(max(0.0, self.crashable_from - time.monotonic()))

    async def kill(self, node: PrivateBroker) -> None:
        await self.wait_settled()
        await asyncio.to_thread(node.kill)

    async def stop(self, node: PrivateBroker) -> None:
        await asyncio.to_thread(node.stop)

    async def start(self, node: PrivateBroker) -> None:
        """Start a node and return as soon as it answers."""
        await asyncio.to_thread(node.start)
        await asyncio.to_thread(node.wait_ready, _READY)
        if self.clustered:
            self.note_declaration()  # it has to catch up before another one may go

    async def freeze(self, node: PrivateBroker) -> None:
        await asyncio.to_thread(node.freeze)

    async def thaw(self, node: PrivateBroker) -> None:
        await asyncio.to_thread(node.thaw)
        if self.clustered:
            self.note_declaration()

    async def healthy(self) -> None:
        """Return once the nodes run and nothing is left of any alarm."""

        async def calm() -> bool:
            try:
                return await self.control("eval", "rabbit_alarm:get_alarms().") == "[]"
            except ControlCommandFailed:
                return False

        await eventually(calm, "the broker has no alarm", _READY)
