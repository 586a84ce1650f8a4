"""What we use of aiormq beyond its documented surface; a new version must still have it."""

import asyncio
import inspect
from typing import Any

import aiormq
import aiormq.connection
import pytest
from pamqp import commands
from pamqp.header import ContentHeader

from tests import amqp_bytes as raw
from worker.amqp import read_ahead, tolerant_frames
from worker.amqp.read_ahead import ReadAhead
from worker.amqp.underlay import ROOM, make_room

URL = "amqp://guest:guest@127.0.0.1/"
PATIENCE = 10.0  # seconds until a wait gives up
UNREADABLE = raw.frame(
    raw.HEADER, 1, raw.content_header(0, {"timestamp": raw.timestamp(2**64 - 1)})
)


async def _first_frame(data: bytes) -> Any:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    return await aiormq.connection.FrameReceiver(reader).get_frame()


def _channel() -> Any:
    """Return a channel that reads what is put among its frames, of a connection to nobody."""
    connection: Any = aiormq.Connection(URL)
    connection.connection_tune = commands.Connection.Tune()
    return aiormq.Channel(connection, number=1, publisher_confirms=False)


async def test_aiormq_reads_frames_by_our_reader_once_it_is_installed(monkeypatch):
    """A property that aiormq cannot read ends its connection, unless our reader is installed."""
    monkeypatch.setattr("pamqp.frame.unmarshal", tolerant_frames._strict_unmarshal)
    with pytest.raises((aiormq.exceptions.AMQPError, ValueError)):
        await _first_frame(UNREADABLE)
    tolerant_frames.install()
    _, channel, header = await _first_frame(UNREADABLE)
    assert channel == 1
    assert header.properties.timestamp == 2**64 - 1


async def test_a_connection_keeps_its_blocked_state_where_we_look():
    """Aiormq notes a blocked connection in an event that is set while it is not blocked."""
    connection = aiormq.Connection(URL)
    assert isinstance(vars(connection)["_Connection__connection_unblocked"], asyncio.Event)


async def test_a_connection_writes_with_the_room_we_make():
    """Aiormq's queue of what to write has the room that its connection class is told."""
    make_room()
    assert aiormq.Connection(URL).write_queue.maxsize == ROOM


def test_a_channel_can_be_opened_with_room_for_frames():
    """Aiormq opens a channel with as much room for frames as it is asked for."""
    assert "frame_buffer_size" in inspect.signature(aiormq.Connection.channel).parameters


@pytest.mark.parametrize(
    ("attribute", "frame"),
    [
        ("_on_deliver_frame", commands.Basic.Deliver("a-consumer", 1)),
        ("_on_return_frame", commands.Basic.Return(312, "NO_ROUTE", "dead", "a-key")),
    ],
)
async def test_a_channel_reads_by_what_stands_in_the_place_of_its_own(attribute, frame):
    """Aiormq's reader gives deliveries and returned messages to an attribute of the channel."""
    channel = _channel()
    assert callable(getattr(channel, attribute))
    came: asyncio.Queue[object] = asyncio.Queue()
    setattr(channel, attribute, came.put)
    await channel.frames.put((0, frame))
    assert await asyncio.wait_for(came.get(), PATIENCE) is frame


async def test_a_channel_is_held_up_while_enough_letters_are_read_ahead(monkeypatch):
    """Aiormq reads no further delivery of a channel until somebody takes one that was read."""
    monkeypatch.setattr(read_ahead, "_ROOM", 2)
    channel, read = _channel(), ReadAhead()
    read.pace(channel)
    channel.consumers["a-consumer"] = read.take
    properties: Any = ContentHeader()
    properties.wire = b"\0\0"
    for number in range(1, 6):
        await channel.frames.put((0, commands.Basic.Deliver("a-consumer", number)))
        await channel.frames.put((0, properties))
        for _ in range(20):  # all that wants to go on has done so
            await asyncio.sleep(0)
    assert channel.frames.qsize() == 5  # two were read, and of the third that it comes
    taken = [await read.next(PATIENCE) for _ in range(5)]
    assert [letter and letter.tag for letter in taken] == [1, 2, 3, 4, 5]
