from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import pytest

from routing.load_table import load_table
from worker.amqp.errors import AccessRefused, BrokerUnavailable, TopologyMismatch
from worker.amqp.link import AmqpLink
from worker.service.intake import EveryPartition
from worker.settings import Settings
from worker.topology import Topology, plan_topology

SETTINGS = Settings.load({}, {}, {"partitions": "2"})


def planned(text: str) -> Topology:
    table = load_table(text.encode(), {}).table
    assert table is not None
    return plan_topology(table, SETTINGS)


OLD, NEW = planned("model: a"), planned("model: b")


@dataclass
class Link:
    """As much of a link as an intake deals with: it notes what it has, and `on_extend` happens to it."""

    has: list[Topology]
    lost: str | None = None
    on_extend: Any = None
    closed: list[bool] = field(default_factory=list)

    async def extend(self, topology: Topology) -> None:
        if self.on_extend is not None:
            self.on_extend(self)
        self.has.append(topology)

    async def close(self) -> None:
        self.closed.append(True)
        self.lost = "closed"


@pytest.fixture
def opened(monkeypatch):
    """Every link that was opened; `opened.during` is called while one is being opened."""

    class Opened(list):
        during: Any = None

    links = Opened()

    async def open_link(url, settings, topology, partitions, *, strict):
        link = Link([topology])
        links.append(link)
        if links.during is not None:
            await links.during()
        return link

    monkeypatch.setattr(AmqpLink, "open", open_link)
    return links


async def test_the_open_link_and_every_later_one_has_what_is_taken(opened):
    """What another table needs is declared at once where there is a link, and with the next one."""
    intake = EveryPartition(SETTINGS, OLD)
    await intake.open("u", strict=True)
    await intake.take(NEW)
    assert opened[0].has == [OLD, NEW]
    assert intake.topology == NEW
    opened[0].lost = "gone"
    assert intake.link is None
    await intake.open("u", strict=False)
    assert opened[1].has == [NEW]


async def test_without_a_link_nothing_is_taken(opened):
    """What no broker has seen waits for a connection, so that it cannot keep one from opening."""
    intake = EveryPartition(SETTINGS, OLD)
    with pytest.raises(BrokerUnavailable, match="not connected"):
        await intake.take(NEW)
    await intake.open("u", strict=True)
    assert opened[0].has == [OLD]


@pytest.mark.parametrize(
    "error", [TopologyMismatch(["q: x"]), AccessRefused("no"), BrokerUnavailable("silent")]
)
async def test_what_the_broker_will_not_have_is_not_taken(opened, error):
    """If it refuses, or does not answer on a link that lives, what was needed before still is."""

    def refuse(_link):
        raise error

    intake = EveryPartition(SETTINGS, OLD)
    await intake.open("u", strict=True)
    opened[0].on_extend = refuse
    with pytest.raises(type(error)):
        await intake.take(NEW)
    assert intake.topology == OLD


async def test_a_link_that_took_the_place_of_another_has_it_too(opened):
    """If another link is there by the time one has declared it, that one declares it as well."""
    intake = EveryPartition(SETTINGS, OLD)
    await intake.open("u", strict=True)
    other = Link([OLD])

    def lose(link):
        link.lost = "gone"
        intake._opened = ref(other)  # type: ignore[arg-type]

    opened[0].on_extend = lose
    await intake.take(NEW)
    assert other.has == [OLD, NEW]
    assert intake.topology == NEW


async def test_a_link_that_is_lost_while_it_declares_takes_nothing(opened):
    """A broker that went away before it had all of it is asked again, by whoever wants it taken."""
    intake = EveryPartition(SETTINGS, OLD)
    await intake.open("u", strict=True)

    def lose(link):
        link.lost = "gone"

    opened[0].on_extend = lose
    with pytest.raises(BrokerUnavailable):
        await intake.take(NEW)
    assert intake.topology == OLD
