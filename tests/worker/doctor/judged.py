"""Facts for the doctor's tests, and what it says of them."""

from collections.abc import Iterable
from typing import Any

from routing.load_table import load_table
from worker.doctor.broker_facts import BrokerContent, HostFacts
from worker.doctor.finding import Finding
from worker.partitions import Depth
from worker.settings import Settings
from worker.topology import Topology, plan_topology

TABLE = b"""
model: {default: m, routes: [{match: {platform: discord}, model: n}]}
platforms: {web: {isolated: true}}
"""


def settings(**flags: object) -> Settings:
    """Return the defaults, with three partitions, and these settings."""
    given = {"partitions": "3", **{name: str(value) for name, value in flags.items()}}
    return Settings.load(given, {}, {})


def topology(chosen: Settings | None = None) -> Topology:
    """Return what `TABLE` needs."""
    loaded = load_table(TABLE, {})
    assert loaded.table is not None
    return plan_topology(loaded.table, chosen or settings())


def content(wanted: Topology, **depths: tuple[int, int] | None) -> BrokerContent:
    """Return a broker on which all is there, and one consumer takes from each queue of ours.

    `depths` is by the end of a queue's name, `.` as `_`: (messages, consumers), None for none.
    """
    seen = BrokerContent(exchanges={each.name: True for each in wanted.exchanges})
    usual = {queue.name: Depth(0, 1) for queue in wanted.queues}
    others = (wanted.beyond, wanted.mark, *wanted.shared.values())
    seen.queues = {**dict.fromkeys(others), **usual}
    for end, depth in depths.items():
        name = end.replace("_", ".").replace("..", "@")
        assert name in seen.queues
        seen.queues[name] = None if depth is None else Depth(*depth)
    return seen


def host(**facts: Any) -> HostFacts:
    """Return a host that let us in: RabbitMQ 4 on another machine, without TLS."""
    made = HostFacts(
        "amqp://broker.example/", "broker.example", "pointsman-worker", tls_asked=False
    )
    usual = {"product": "RabbitMQ", "version": "4.0.5", "cluster": "c", "blocked": False}
    for name, value in {**usual, "hash_exchange": True, **facts}.items():
        setattr(made, name, value)
    return made


def ids(found: Iterable[Finding]) -> list[str]:
    """Return the names of what was found, in order."""
    return [each.sign.id for each in found]
