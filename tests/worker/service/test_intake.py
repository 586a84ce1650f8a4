from dataclasses import dataclass, field
from typing import Any

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


async def test_without_a_link_the_next_one_has_it(opened):
    """A table taken while there is no connection is declared with the next."""
    intake = EveryPartition(SETTINGS, OLD)
    await intake.take(NEW)
    await intake.open("u", strict=True)
    assert opened[0].has == [NEW]


async def test_a_link_that_was_being_opened_is_opened_anew(opened):
    """A table taken while a link is being opened for another is on the link that is handed out."""
    intake = EveryPartition(SETTINGS, OLD)

    async def change():
        opened.during = None
        await intake.take(NEW)

    opened.during = change
    link = await intake.open("u", strict=True)
    assert [each.has for each in opened] == [[OLD], [NEW]]
    assert opened[0].closed
    assert link is opened[1]


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


async def test_a_link_that_took_the_place_of_a_lost_one_has_it_too(opened):
    """If the link is lost while it declares and another is there by then, that one declares it."""
    intake = EveryPartition(SETTINGS, OLD)
    await intake.open("u", strict=True)
    other = Link([OLD])

    def lose(link):
        link.lost = "gone"
        intake._opened = other  # type: ignore[assignment]
        raise BrokerUnavailable("gone")

    opened[0].on_extend = lose
    await intake.take(NEW)
    assert other.has == [OLD, NEW]
    assert intake.topology == NEW
