"""What we use of aiormq beyond its documented surface; a new version must still have it."""

import asyncio
import inspect
from typing import Any

import aiormq
import aiormq.connection
import pytest

from tests import amqp_bytes as raw
from worker.amqp import tolerant_frames
from worker.amqp.underlay import ROOM, make_room

UNREADABLE = raw.frame(
    raw.HEADER, 1, raw.content_header(0, {"timestamp": raw.timestamp(2**64 - 1)})
)


async def _first_frame(data: bytes) -> Any:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    return await aiormq.connection.FrameReceiver(reader).get_frame()


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
    connection = aiormq.Connection("amqp://guest:guest@127.0.0.1/")
    assert isinstance(vars(connection)["_Connection__connection_unblocked"], asyncio.Event)


async def test_a_connection_writes_with_the_room_we_make():
    """Aiormq's queue of what to write has the room that its connection class is told."""
    make_room()
    assert aiormq.Connection("amqp://guest:guest@127.0.0.1/").write_queue.maxsize == ROOM


def test_a_channel_can_be_opened_with_room_for_frames():
    """Aiormq opens a channel with as much room for frames as it is asked for."""
    assert "frame_buffer_size" in inspect.signature(aiormq.Connection.channel).parameters
