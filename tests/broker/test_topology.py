import json
import subprocess
from typing import Any

import aio_pika
import pytest

from contracts import short
from tests.broker.client import Client
from tests.broker.service import COMMAND, PointsmanRun, wait_until
from worker.amqp.any_name import accept_any_name

LONG = "long/" + "m" * 300
CONFIG = {
    "model": {
        "default": "base",
        "routes": [{"match": {"platform": "discord"}, "model": LONG}],
        "by_source": {"owner": {"model": "strong"}},
    },
    "runtimes": {"codex": {"model": "gpt", "provider": "p"}},
    "models": ["turbo"],
    "hub_platforms": ["hub", "mesh"],
    "platforms": {"telegram:work": {}},
    "owners": {"slack": ["1"]},
}
PLATFORMS = {"telegram", "discord", "hub", "mesh", "slack", "cron", "cli"}
MODELS = {"base", "strong", "gpt", "turbo", LONG}
LIMITED = {
    "x-queue-type": "quorum",
    "x-dead-letter-exchange": "dead",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
INBOUND = {**LIMITED, "x-delivery-limit": 100, "x-single-active-consumer": True}
TURNS = {**LIMITED, "x-delivery-limit": 20}
BINDING = ("source_name", "destination_name", "routing_key", "arguments")


@pytest.fixture
def failed_run(vhost_url, tmp_path):
    """Start a run that must end by itself with exit code 4, and return what it says."""

    def start(config, **settings) -> str:
        run = PointsmanRun(vhost_url, config, tmp_path, **settings)
        run.wait_exit(4)
        assert all(line.startswith("pointsman: ") for line in run.complaints)
        assert "Traceback" not in run.text
        return "\n".join(run.complaints)

    return start


def command(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={"PATH": "/usr/bin:/bin", "POINTSMAN_AMQP_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def own_exchanges(listed, prefix=""):
    """Return the durable exchanges that are not the broker's own, once a worker's figures flow.

    Those have a connection of their own, which a worker that routes does not wait for.
    """

    def found():
        exchanges = {
            entry["name"]: entry["type"]
            for entry in listed("exchanges", "name", "type", "durable")
            if entry["name"] and not entry["name"].startswith("amq.") and entry["durable"]
        }
        return exchanges if f"{prefix}figures" in exchanges else None

    return wait_until(found, "the exchange of the figures is there")


def test_a_run_declares_all_that_the_table_asks_for(run_pointsman, listed):
    """Every platform, model and partition has its exchange or queue, as documented, and no other."""
    run_pointsman(CONFIG, partitions=3)
    exchanges = own_exchanges(listed)
    assert exchanges == {
        **{f"in.{name}": "topic" for name in (*PLATFORMS, "redrive")},
        "inbound": "x-consistent-hash",
        "turns": "direct",
        "dead": "fanout",
        "figures": "fanout",
    }
    queues = {
        entry["name"]: entry["arguments"]
        for entry in listed("queues", "name", "arguments", "durable")
        if entry["durable"]
    }
    turns = {short(f"turns.{model}") for model in MODELS}
    assert queues == {
        **{f"inbound.{number}": INBOUND for number in range(3)},
        **dict.fromkeys(turns, TURNS),
        "dead": {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
    }
    bindings = {
        (entry["source_name"], entry["destination_name"], entry["routing_key"])
        for entry in listed("bindings", "source_name", "destination_name", "routing_key")
        if entry["source_name"]
    }
    assert bindings == {
        *((f"in.{name}", "inbound", "#") for name in (*PLATFORMS, "redrive")),
        *(("inbound", f"inbound.{number}", "1") for number in range(3)),
        *(("turns", name, name) for name in turns),
        ("dead", "dead", ""),
    }


def test_settings_shape_the_topology(run_pointsman, listed):
    """Prefix, one partition, open trust and the settings of model queues are in what is declared."""
    run_pointsman(
        {"model": "m", "trust": "open"},
        prefix="team.",
        partitions=1,
        turns_single_active="true",
        turns_max_length=5,
    )
    exchanges = own_exchanges(listed, prefix="team.")
    entries = {f"in.{name}" for name in ("cli", "cron", "hub", "open", "redrive")}
    assert exchanges.keys() == {
        f"team.{name}" for name in (*entries, "inbound", "turns", "dead", "figures")
    }
    assert exchanges["team.inbound"] == "fanout"
    queues = {entry["name"]: entry["arguments"] for entry in listed("queues", "name", "arguments")}
    assert queues.keys() == {"team.inbound.0", "team.turns.m", "team.dead"}
    assert queues["team.turns.m"] == {
        **TURNS,
        "x-dead-letter-exchange": "team.dead",
        "x-single-active-consumer": True,
        "x-max-length": 5,
    }


@pytest.mark.parametrize("settings", [{"prefix": "team."}, {"queue_type": "classic"}])
async def test_it_routes_with_other_names_and_kinds_of_queues(run_pointsman, vhost_url, settings):
    """With a prefix, or on classic queues, a message becomes a job and a bad one a dead letter."""
    run_pointsman({"model": "m"}, partitions=1, **settings)
    prefix = settings.get("prefix", "")
    async with Client(vhost_url) as client:
        await client.publish("cli", {"text": "x"}, exchange=f"{prefix}in.cli")
        await client.publish("cli", b"", exchange=f"{prefix}in.cli")
        (letter,) = await (await client.collect(f"{prefix}dead")).wait_for(1)
        assert letter.headers["x-dead-exchange"] == f"{prefix}in.cli"
        await (await client.collect(f"{prefix}turns.m")).wait_for(1)


def test_declaring_again_changes_nothing(run_pointsman, listed):
    """A second worker finds everything there, declares it again and works."""
    run_pointsman(CONFIG, partitions=2)
    before = listed("queues", "name", "arguments"), listed("bindings", *BINDING)
    run_pointsman(CONFIG, partitions=2)
    assert (listed("queues", "name", "arguments"), listed("bindings", *BINDING)) == before


async def test_every_mismatch_is_reported_by_name_and_property(failed_run, vhost_url, listed):
    """What exists otherwise is named with its property, all at once, and stays as it is."""
    async with Client(vhost_url) as client:
        await client.channel.declare_exchange("in.hub", "direct", durable=True)
        quorum: dict[str, Any] = {"x-queue-type": "quorum"}
        await client.channel.declare_queue("turns.m", durable=True, arguments=quorum)
        await client.channel.declare_queue("dead", durable=True)
        await client.channel.default_exchange.publish(aio_pika.Message(b"kept"), "turns.m")
        said = failed_run({"model": "m"}, partitions=1)
        assert await client.waiting("turns.m") == 1
    assert "exchange in.hub: type is 'direct' on the broker, 'topic' is needed" in said
    assert "queue turns.m: x-" in said
    assert "queue dead: x-" in said
    assert {"name": "in.hub", "type": "direct"} in listed("exchanges", "name", "type")


async def test_a_model_may_have_any_name(run_pointsman, vhost_url):
    """Whatever a model is called, its queue is named after it and its jobs arrive there."""
    accept_any_name()  # this test is a runner too
    models = ["a b", "größe", "opus[1m]", "x=y;z~*", "語" * 100, "q" * 250]
    run_pointsman({"model": "m", "models": models}, partitions=1)
    async with Client(vhost_url) as client:
        for model in models:
            await client.publish("cli", {"text": "x", "override": {"model": model}})
            queue = await client.collect(short(f"turns.{model}"))
            await queue.wait_for(1)
            assert queue.jobs[0]["runtime"]["model"] == model


@pytest.mark.parametrize(
    ("there", "wanted", "why"),
    [
        (4, 8, "queue inbound.7: missing, so the broker has fewer than 8 partitions"),
        (4, 3, "queue inbound.3: exists, so the broker has more than 3 partitions"),
    ],
)
def test_another_number_of_partitions_is_refused(
    run_pointsman, failed_run, listed, there, wanted, why
):
    """A `partitions` that differs from what the broker has is refused, and nothing is declared."""
    run_pointsman({"model": "m"}, partitions=there).stop()
    before = listed("queues", "name"), listed("bindings", *BINDING)
    assert why in failed_run({"model": "m"}, partitions=wanted)
    assert (listed("queues", "name"), listed("bindings", *BINDING)) == before


def test_half_a_set_of_partitions_is_completed(run_pointsman, broker, vhost, vhost_url, listed):
    """A start that was cut off while it declared is completed by the next one."""
    run_pointsman({"model": "m"}, partitions=3).stop()
    broker.rabbitmqctl("delete_queue", "-p", vhost, "inbound.0")
    broker.rabbitmqctl("delete_queue", "-p", vhost, "inbound.1")
    run_pointsman({"model": "m"}, partitions=3)
    names = {entry["name"] for entry in listed("queues", "name")}
    assert {"inbound.0", "inbound.1", "inbound.2"} <= names


def test_topology_can_be_applied_ahead_of_a_run(vhost_url, tmp_path, listed, run_pointsman):
    """`topology apply` declares what `topology show` lists, and a run then changes nothing."""
    table = tmp_path / "table.yaml"
    table.write_text(json.dumps({**CONFIG, "worker": {"partitions": 2}}))
    applied = command("topology", "apply", "--config", str(table), url=vhost_url)
    assert applied.returncode == 0, applied.stderr
    shown = command("topology", "show", "--config", str(table), "--format", "json", url=vhost_url)
    queues = listed("queues", "name", "arguments")
    assert {entry["name"]: entry["arguments"] for entry in json.loads(shown.stdout)["queues"]} == {
        entry["name"]: entry["arguments"] for entry in queues
    }
    run_pointsman(table.read_text())
    assert sorted(map(str, listed("queues", "name", "arguments"))) == sorted(map(str, queues))


@pytest.mark.parametrize(
    ("change", "exit_code"),
    [
        (lambda url: url.replace("guest:guest", "guest:canary"), 3),
        (lambda url: url + "-which-does-not-exist", 3),
        (lambda url: "amqp://guest:canary@127.0.0.1:1/", 3),
        (lambda url: url, 4),
    ],
    ids=["wrong password", "no such vhost", "no broker", "a mismatch"],
)
async def test_applying_ends_in_one_line_where_it_cannot(vhost_url, tmp_path, change, exit_code):
    """Where it cannot declare, `topology apply` says why in a line without a secret, and exits so."""
    table = tmp_path / "table.yaml"
    table.write_text("model: m\n")
    async with Client(vhost_url) as client:
        await client.channel.declare_queue("dead", durable=True)
    done = command("topology", "apply", "--config", str(table), url=change(vhost_url))
    assert done.returncode == exit_code, done.stderr
    assert done.stderr.startswith("pointsman: ")
    assert len(done.stderr.splitlines()) == 1
    assert "canary" not in done.stderr + done.stdout
