"""Partitions that are deleted or recreated under a worker: it is never silently idle."""

import json

import pytest

from routing.load_table import load_table
from routing.table import RoutingTable
from tests.broker.client import Client
from tests.broker.service import wait_until
from worker.settings import Settings
from worker.topology import plan_topology

TABLE = {"model": "m", "platforms": {"telegram": {}}}
PARTITIONS = 4


def message(number: int) -> dict[str, object]:
    source = {"chat_id": str(number), "chat_type": "dm"}
    return {"message_id": str(number), "text": "hi", "source": source}


def table() -> RoutingTable:
    loaded = load_table(json.dumps(TABLE).encode(), {}).table
    assert loaded is not None
    return loaded


async def delete_queue(client: Client, name: str) -> None:
    async with client.connection.channel() as channel:
        await channel.queue_delete(name)


async def reaches_every_partition(run, client: Client) -> bool:
    """Publish messages until one has come from each partition."""
    for number in range(60):
        await client.publish("telegram", message(number))
    await client.jobs("m", 60)
    wait_until(lambda: len(run.logged("delivery")) >= 60, "all have ended")
    return {line["partition"] for line in run.logged("delivery")} == set(range(PARTITIONS))


@pytest.mark.parametrize("number", [0, 1])
async def test_a_deleted_partition_is_declared_and_consumed_again(vhost_url, run_pointsman, number):
    """A worker that loses a consumer to a deleted queue comes back to all partitions."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        await delete_queue(client, f"inbound.{number}")
        lost = run.wait_for_log("broker lost")
        assert "deleted" in lost["why"]
        wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        run.wait_ready()
        assert await reaches_every_partition(run, client)


async def test_all_partitions_may_be_deleted(vhost_url, run_pointsman):
    """When all of them are gone, none says how many there were, and all are declared again."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        for number in range(PARTITIONS):
            await delete_queue(client, f"inbound.{number}")
        run.wait_for_log("broker lost")
        wait_until(lambda: run.logged("consuming")[1:] and run.is_ready, "it consumes again")
        assert await reaches_every_partition(run, client)


async def test_without_its_last_partition_it_says_what_is_wrong(vhost_url, run_pointsman):
    """Its last queue missing looks like fewer partitions: it is not ready and says so until it is back."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        await delete_queue(client, "inbound.3")
        why = run.wait_for_log("not connected")["why"]
        assert why.startswith("queue inbound.3: missing")
        status, report = run.get("/ready")
        assert (status, report["problem"], report["connected"]) == (503, why, False)
        # By hand, as `pointsman topology` prints it; the worker binds it itself.
        settings = Settings.load({"partitions": str(PARTITIONS)}, {}, {})
        arguments = plan_topology(table(), settings).partitions[3].arguments
        await client.channel.declare_queue("inbound.3", durable=True, arguments=arguments)
        run.wait_ready()
        assert await reaches_every_partition(run, client)


async def test_a_partition_recreated_otherwise_is_told(vhost_url, run_pointsman):
    """A partition of another kind is not consumed: not ready, with its name and property, until it is gone."""
    run = run_pointsman(TABLE, partitions=PARTITIONS)
    async with Client(vhost_url) as client:
        await delete_queue(client, "inbound.1")
        await client.channel.declare_queue("inbound.1", durable=True)
        line = run.wait_for_log("not connected")
        assert line["why"].startswith("queue inbound.1: x-")
        assert run.get("/ready")[1]["problem"] == line["why"]
        assert len(run.logged("consuming")) == 1
        await delete_queue(client, "inbound.1")
        run.wait_ready()
        assert await reaches_every_partition(run, client)
