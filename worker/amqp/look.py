"""A look at one host: what it is, what is on it, what this user may do there. Changes nothing."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from aio_pika.abc import AbstractConnection
from yarl import URL

from worker.amqp.any_name import accept_any_name
from worker.amqp.broker_clock import broker_clock
from worker.amqp.broker_url import is_tls, shown
from worker.amqp.cancelled import raise_if_cancelled
from worker.amqp.connect import CLOSE_TIMEOUT, closed_within, connect_by
from worker.amqp.errors import AccessRefused, BrokerError, BrokerUnavailable
from worker.amqp.probe import NotAllowed, Probe
from worker.amqp.tls_facts import tls_facts
from worker.amqp.underlay import is_blocked, underlay
from worker.doctor.broker_facts import BrokerContent, HostFacts
from worker.settings import Settings
from worker.topology import Topology, figures_exchange

_NEEDED = ("publisher_confirms", "basic.nack", "connection.blocked", "exchange_exchange_bindings")


async def look(
    settings: Settings, url: str, topology: Topology | None, timeout: float
) -> HostFacts:
    """Look at one host for as long as it answers; `timeout` is in seconds, for each question.

    With a topology what is there of it is looked at as well. Never raises BrokerError: that a
    broker does not let us in, or does not answer, is a fact like others.
    """
    accept_any_name()
    parts = URL(url)
    facts = HostFacts(shown(url), parts.host or "", parts.user, is_tls(url))
    patient = replace(settings, publish_timeout=timeout)
    try:
        connection = await connect_by(patient, url, "doctor")
    except AccessRefused as error:
        facts.refused = str(error)
        return facts
    except BrokerUnavailable as error:
        facts.unreachable = str(error)
        return facts
    try:
        _note_properties(facts, connection)
        facts.tls = await tls_facts(settings, url, timeout) if facts.tls_asked else None
        await _ask_everything(facts, connection, topology, timeout)
        if not facts.blocked:
            listening = figures_exchange(settings.prefix)
            facts.clock = await broker_clock(connection, listening, timeout)
    except BrokerError as error:
        if is_blocked(connection):
            facts.blocked = True  # since a moment ago
        else:
            facts.silent = str(error)
    finally:
        await closed_within(connection.close(), CLOSE_TIMEOUT)
    if topology is not None and facts.silent is None and not facts.blocked:
        facts.hash_exchange = await _has_hash_exchange(patient, url)
    raise_if_cancelled()
    return facts


async def _ask_everything(
    facts: HostFacts, connection: AbstractConnection, topology: Topology | None, timeout: float
) -> None:
    probe = Probe(connection, timeout)
    if topology is not None:
        facts.seen = BrokerContent()
        await _Inventory(probe, topology, facts.seen).take()
    # A broker that takes no publishes reads nothing more from this connection.
    facts.blocked = await probe.is_blocked()


async def _has_hash_exchange(settings: Settings, url: str) -> bool | None:
    """Ask on a connection of its own, since RabbitMQ 3 ends it over the question."""
    with suppress(BrokerError):
        connection = await connect_by(settings, url, "doctor")
        try:
            return await Probe(connection, settings.publish_timeout).has_hash_exchange()
        finally:
            await closed_within(connection.close(), CLOSE_TIMEOUT)
    return None


def _note_properties(facts: HostFacts, connection: AbstractConnection) -> None:
    below = underlay(connection)
    properties: dict[str, Any] = below.server_properties
    facts.product = str(properties.get("product", "unknown"))
    facts.version = str(properties.get("version", "unknown"))
    cluster = properties.get("cluster_name")
    facts.cluster = None if cluster is None else str(cluster)
    able = properties.get("capabilities")
    able = able if isinstance(able, dict) else {}
    facts.lacks = tuple(name for name in _NEEDED if not able.get(name))
    facts.channels = int(below.connection_tune.channel_max or 0)


class _Inventory:
    """Goes through a topology, first without touching anything that may be missing."""

    def __init__(self, probe: Probe, topology: Topology, seen: BrokerContent) -> None:
        self._probe = probe
        self._topology = topology
        self._seen = seen

    async def take(self) -> None:
        topology, seen = self._topology, self._seen
        await self._count()
        for exchange in topology.exchanges:
            if seen.exchanges.get(exchange.name):
                await self._compare(exchange)
        for queue in topology.queues:
            if seen.queues.get(queue.name) is not None:
                await self._compare(queue)
        await self._permissions()

    async def _count(self) -> None:
        topology, seen = self._topology, self._seen
        for exchange in topology.exchanges:
            try:
                seen.exchanges[exchange.name] = await self._probe.has_exchange(exchange.name)
            except NotAllowed:
                seen.unseen.append(exchange.name)
        others = (topology.beyond, topology.mark, *topology.shared.values())
        for name in (*(queue.name for queue in topology.queues), *others):
            try:
                seen.queues[name] = await self._probe.depth(name)
            except NotAllowed:
                seen.unseen.append(name)

    async def _compare(self, thing: Any) -> None:
        try:
            if (line := await self._probe.mismatch(thing)) is not None:
                self._seen.mismatches.append(line)
        except NotAllowed:
            self._seen.unconfigurable.append(thing.name)

    async def _permissions(self) -> None:
        """What a worker needs besides declaring; of that, `_compare` has told."""
        topology, seen, probe = self._topology, self._seen, self._probe
        for exchange in (*topology.outgoing.exchanges, topology.inbound):
            if not await probe.may_write(exchange.name, exchange=True):
                seen.unwritable.append(exchange.name)
        for queue in topology.queues:
            if not await probe.may_write(queue.name, exchange=False):
                seen.unwritable.append(queue.name)
        for queue in topology.consumed.values():
            if seen.queues.get(queue.name) and not await probe.may_consume(queue.name):
                seen.unreadable.append(queue.name)
        first = topology.dead.name
        for source in dict.fromkeys(each.source for each in topology.bindings):
            if not await probe.may_bind(source, first):
                seen.unreadable.append(source)
