"""The TCP proxy one worker reaches its broker through: it counts, stalls, splits, cuts and kills."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self, cast

from tests.campaign.wire import PROTOCOL_HEADER_SIZE, Call, FrameReader, Sighting

_NO_LINGER = struct.pack("ii", 1, 0)


class Step(Enum):
    """A moment between a delivery and its ack, at which a worker or a connection can end."""

    DELIVERED = "delivered"
    """The delivery was handed to the worker."""
    PUBLISH_HELD = "publish held"
    """The worker has published, and the broker never hears of it."""
    PUBLISH_SENT = "publish sent"
    """The broker has the publish."""
    CONFIRM_HELD = "confirm held"
    """The broker has confirmed, and the worker never hears of it."""
    CONFIRM_GIVEN = "confirm given"
    """The worker has the confirm."""
    ACK_HELD = "ack held"
    """The worker has acked, and the broker never hears of it."""
    ACK_SENT = "ack sent"
    """The broker has the ack."""


_WATCHED = {
    # (from the broker?, call): the step before it passes on, the step after
    (True, Call.DELIVER): (None, Step.DELIVERED),
    (False, Call.PUBLISH): (Step.PUBLISH_HELD, Step.PUBLISH_SENT),
    (True, Call.ACK): (Step.CONFIRM_HELD, Step.CONFIRM_GIVEN),
    (False, Call.ACK): (Step.ACK_HELD, Step.ACK_SENT),
}


@dataclass(slots=True)
class Trap:
    """Springs at the `after`-th time of a step."""

    step: Step
    after: int
    spring: Callable[[], None] = lambda: None
    """What happens besides: connections are lost at that moment anyway."""
    all_connections: bool = True


@dataclass(slots=True)
class Traffic:
    """What has passed, over all connections of a worker."""

    deliveries: int = 0
    redeliveries: int = 0
    publishes: int = 0
    confirms: int = 0
    """Frames: one may confirm several publishes."""
    refusals: int = 0
    returns: int = 0
    acks: int = 0
    last_delivery: float = 0.0
    """Monotonic time."""

    def note(self, sighting: Sighting, *, from_broker: bool) -> None:
        """Count one call."""
        match sighting.call, from_broker:
            case Call.DELIVER, True:
                self.deliveries += 1
                self.redeliveries += sighting.redelivered
                self.last_delivery = time.monotonic()
            case Call.PUBLISH, False:
                self.publishes += 1
            case Call.ACK, True:
                self.confirms += 1
            case Call.NACK, True:
                self.refusals += 1
            case Call.RETURN, True:
                self.returns += 1
            case Call.ACK, False:
                self.acks += 1


@dataclass(slots=True)
class Weather:
    """What the network does at the moment."""

    stalled: bool = False
    """Nothing passes, in either direction."""
    held_back: bool = False
    """Nothing passes to the broker."""
    dribbling: bool = False
    """A few bytes at a time pass."""
    mute: bool = False
    """No delivery passes."""
    cut_next: bool = False
    """The next bytes pass only in part, then both sides are reset."""


class Gate:
    """A listening port in front of one node, for one worker."""

    def __init__(self, upstream_port: int, traffic: Traffic, rng: random.Random) -> None:
        self.upstream_port = upstream_port
        self.traffic = traffic
        self.weather = Weather()
        self.trap: Trap | None = None
        self._rng = rng
        self._pairs: dict[_Pair, None] = {}  # in the order in which they were opened
        self._server: asyncio.Server | None = None
        self.port = 0

    @classmethod
    async def open(cls, upstream_port: int, traffic: Traffic, rng: random.Random) -> Self:
        """Listen on a free loopback port."""
        gate = cls(upstream_port, traffic, rng)
        loop = asyncio.get_running_loop()
        gate._server = await loop.create_server(gate._accept, "127.0.0.1", 0)
        gate.port = gate._server.sockets[0].getsockname()[1]
        return gate

    async def close(self) -> None:
        """Stop listening and reset whatever is connected."""
        if self._server is not None:
            self._server.close()
        self.reset()

    @property
    def connections(self) -> int:
        """How many pass through it."""
        return len(self._pairs)

    # ---- weather

    async def stall_one(self, seconds: float) -> None:
        """Let nothing pass over one of the connections, and reset it then."""
        if self._pairs:
            pair = self._rng.choice(list(self._pairs))
            pair.stalled = True
            pair.obey(self.weather)
            await asyncio.sleep(seconds)
            pair.reset()

    def stall_number(self, number: int) -> None:
        """Let nothing pass over one of the connections, the first to be opened being 0."""
        pair = list(self._pairs)[number]
        pair.stalled = True
        pair.obey(self.weather)

    def reset(self) -> None:
        """Reset every connection, as a router that forgot them would."""
        for pair in list(self._pairs):
            pair.reset()

    def change(self, **weather: bool) -> None:
        """Change the weather; what was held back passes when it clears."""
        for name, value in weather.items():
            setattr(self.weather, name, value)
        for pair in list(self._pairs):
            pair.obey(self.weather)

    def mute(self) -> None:
        """Let no delivery pass any more over the connections there are."""
        for pair in self._pairs:
            pair.mute = True

    @property
    def muted(self) -> int:
        """How many connections are left of those that were muted."""
        return sum(pair.mute for pair in self._pairs)

    # ---- what passes

    def inspect(self, data: bytes, sightings: list[Sighting], *, from_broker: bool) -> bytes | None:
        """Count what passes; return what may pass before the trap springs, None if all may."""
        for sighting in sightings:
            self.traffic.note(sighting, from_broker=from_broker)
            trap = self.trap
            if trap is None:
                continue
            before, after = _WATCHED.get((from_broker, sighting.call), (None, None))
            if trap.step not in (before, after):
                continue
            trap.after -= 1
            if trap.after <= 0:
                return data[: sighting.start if trap.step is before else sighting.end]
        return None

    def spring(self, caught: "_Pair") -> None:
        """Spring the trap; what has been passed on still arrives, nothing after it does."""
        trap, self.trap = self.trap, None
        if trap is None:
            return
        trap.spring()
        for pair in list(self._pairs) if trap.all_connections else [caught]:
            pair.close()

    def _accept(self) -> asyncio.Protocol:
        return _Pair(self).client


class _Side(asyncio.Protocol):
    """One of the two ends of a proxied connection."""

    def __init__(self, pair: "_Pair", *, is_broker: bool) -> None:
        self.pair = pair
        self.is_broker = is_broker
        self.transport: asyncio.Transport | None = None
        self.reader = FrameReader(0 if is_broker else PROTOCOL_HEADER_SIZE)
        self.outgoing = bytearray()
        self.other_is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        peer = self.transport.get_extra_info("socket")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pair.made(self)

    def data_received(self, data: bytes) -> None:
        self.pair.received(self, data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.pair.lost(self)

    def pause_writing(self) -> None:
        self.pair.other(self).throttle(full=True)

    def resume_writing(self) -> None:
        self.pair.other(self).throttle(full=False)

    def throttle(self, *, full: bool) -> None:
        """Read no further while the other side cannot take it."""
        self.other_is_full = full
        self.obey(self.pair.gate.weather)

    def obey(self, weather: Weather) -> None:
        """Read, or not, as the weather has it."""
        if self.transport is None or self.transport.is_closing():
            return
        held = weather.stalled or self.pair.stalled or (weather.held_back and not self.is_broker)
        if held or self.other_is_full or not self.pair.complete:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def reset(self) -> None:
        """Send a RST."""
        if self.transport is None:
            return
        peer = self.transport.get_extra_info("socket")
        if peer is not None and peer.fileno() >= 0:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def close(self) -> None:
        """Close in order: what was written still arrives."""
        if self.transport is not None:
            self.transport.close()


class _Pair:
    """A worker's connection and ours to the broker."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.client = _Side(self, is_broker=False)
        self.broker = _Side(self, is_broker=True)
        self.complete = False
        self.stalled = False
        self.mute = False
        self._closing = False
        self._work: set[asyncio.Task[None]] = set()

    def other(self, side: _Side) -> _Side:
        return self.client if side is self.broker else self.broker

    def made(self, side: _Side) -> None:
        if side is self.client:
            self.gate._pairs[self] = None
            side.obey(self.gate.weather)  # nothing is read before there is somebody to tell
            self._start(self._connect())
            return
        self.complete = True
        self.obey(self.gate.weather)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.broker, "127.0.0.1", self.gate.upstream_port)
        except OSError:
            self.reset()
            return
        if self._closing:
            self.broker.reset()

    def received(self, side: _Side, data: bytes) -> None:
        if self._closing:
            return
        whole, sightings = side.reader.read(data)
        if side.is_broker and (self.mute or self.gate.weather.mute):
            whole, sightings = _without_deliveries(whole, sightings), []
        passing = self.gate.inspect(whole, sightings, from_broker=side.is_broker)
        target = self.other(side)
        if passing is not None:
            self._write(target, passing)
            self.gate.spring(self)
            return
        weather = self.gate.weather
        if weather.cut_next and len(whole) > 1:
            weather.cut_next = False
            self._write(target, whole[: self.gate._rng.randrange(1, len(whole))])
            self._start(self._reset_soon())
            return
        self._write(target, whole)

    def _write(self, target: _Side, data: bytes) -> None:
        if target.transport is None or target.transport.is_closing() or not data:
            return
        if target.outgoing:
            target.outgoing += data
        elif self.gate.weather.dribbling:
            target.outgoing += data
            self._start(self._dribble(target))
        else:
            target.transport.write(data)

    async def _dribble(self, target: _Side) -> None:
        rng = self.gate._rng
        while target.outgoing and target.transport is not None:
            size = rng.choice((1, 1, 2, 7)) if self.gate.weather.dribbling else len(target.outgoing)
            piece = bytes(target.outgoing[:size])
            target.transport.write(piece)
            await asyncio.sleep(0)
            del target.outgoing[:size]

    async def _reset_soon(self) -> None:
        await asyncio.sleep(0.005)  # so that the part before the cut is seen
        self.reset()

    def obey(self, weather: Weather) -> None:
        self.client.obey(weather)
        self.broker.obey(weather)

    def lost(self, side: _Side) -> None:
        self._closing = True
        self.gate._pairs.pop(self, None)
        self.other(side).close()

    def reset(self) -> None:
        self._closing = True
        self.gate._pairs.pop(self, None)
        self.client.reset()
        self.broker.reset()

    def close(self) -> None:
        self._closing = True
        self.gate._pairs.pop(self, None)
        self.client.reset()
        self.broker.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _without_deliveries(data: bytes, sightings: list[Sighting]) -> bytes:
    pieces, at = [], 0
    for sighting in sightings:
        if sighting.call is Call.DELIVER:
            pieces.append(data[at : sighting.start])
            at = sighting.end
    return b"".join([*pieces, data[at:]])
