import struct
from typing import Any, cast

import pamqp.exceptions
import pamqp.frame
import pamqp.header
import pytest
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic

from contracts import DeadReason
from tests import amqp_bytes as raw
from tests.worker.pipeline.deliveries import NOW
from worker.amqp import tolerant_frames
from worker.amqp.incoming import to_delivery
from worker.amqp.publisher import _amqp_properties
from worker.pipeline.dead_letter import dead_letter
from worker.pipeline.turn import Known

FRAME_MAX = 131_072  # RabbitMQ's own; larger frames end the connection

SHORT_STRINGS = (
    "content_type content_encoding correlation_id reply_to expiration message_id type user_id"
    " app_id"
).split()


def read(given_):
    """The properties of a message, read from their bytes as a delivery is."""
    header_frame = raw.frame(raw.HEADER, 1, raw.content_header(0, given_))
    consumed, channel, header = tolerant_frames.unmarshal(header_frame)
    assert (consumed, channel) == (len(header_frame), 1)
    deliver = Basic.Deliver("ctag", 7, True, "in.telegram", "rk")
    return to_delivery(DeliveredMessage(deliver, header, b"body", cast(Any, None)), 3)


def frame_of_its_letter(delivery) -> bytes:
    """The header frame in which the delivery's dead letter would be published."""
    letter = dead_letter(delivery, DeadReason.MALFORMED, "x" * 500, Known("0123456789ab"), NOW)
    header = pamqp.header.ContentHeader(0, 4, _amqp_properties(letter.publication.properties))
    return pamqp.frame.marshal(header, 1)


def test_every_property_comes_up_as_it_was_written():
    """What a client library writes is read into the plain values of a delivery."""
    delivery = read(
        {
            **{name: raw.short(name.encode()) for name in SHORT_STRINGS},
            "headers": raw.table([(b"a", b"S" + raw.long(b"b"))]),
            "delivery_mode": raw.PERSISTENT,
            "priority": b"\x05",
            "timestamp": raw.timestamp(1_700_000_000),
        }
    )
    assert (delivery.tag, delivery.exchange, delivery.routing_key) == (7, "in.telegram", "rk")
    assert delivery.redelivered
    assert delivery.partition == 3
    assert delivery.body == b"body"
    properties = delivery.properties
    assert [getattr(properties, name) for name in SHORT_STRINGS] == SHORT_STRINGS
    assert properties.headers == {"a": "b"}
    assert properties.priority == 5
    assert properties.timestamp == 1_700_000_000


def test_a_message_without_properties_has_none():
    """A message without a single property comes up with all of them unset."""
    properties = read({}).properties
    assert properties.headers == {}
    assert properties.timestamp is properties.message_id is properties.priority is None


@pytest.mark.parametrize("seconds", [253_402_300_800_000, 2**63, 2**64 - 1])
def test_a_time_past_all_calendars_comes_up_as_its_number(seconds):
    """A timestamp past the year 9999 is the number it was written as, and nothing else is lost."""
    properties = read({"timestamp": raw.timestamp(seconds), "app_id": raw.short(b"a")}).properties
    assert properties.timestamp == seconds
    assert properties.app_id == "a"


@pytest.mark.parametrize("name", SHORT_STRINGS)
@pytest.mark.parametrize("text", [b"\xff", b"ab\xc3", b"\xff" * 255, b"\xe2\x82" * 127])
def test_text_that_is_not_utf8_loses_only_its_odd_bytes(name, text):
    """A short string that is not UTF-8 comes up readable and no longer than it was."""
    properties = read({name: raw.short(text), "priority": b"\x05"}).properties
    assert len(getattr(properties, name).encode()) <= len(text)
    assert properties.priority == 5


def test_a_routing_key_that_is_not_utf8_comes_up():
    """An unreadable routing key or exchange does not keep a delivery from being read."""
    payload = struct.pack(">HH", 60, 60) + raw.short(b"ctag") + struct.pack(">QB", 7, 0)
    payload += raw.short(b"in.\xff") + raw.short(b"\xff" * 255)
    _, _, deliver = tolerant_frames.unmarshal(raw.frame(raw.METHOD, 1, payload))
    assert deliver.delivery_tag == 7
    assert len(deliver.routing_key.encode()) <= 255


@pytest.mark.parametrize("letter", list(raw.EVERY_TYPE))
def test_headers_of_every_type_are_read_and_can_be_written_again(letter):
    """A header of any AMQP type comes up, and the delivery's letter can be published."""
    headers = raw.table([(b"h", letter + raw.EVERY_TYPE[letter]), (b"z", b"S" + raw.long(b"z"))])
    delivery = read({"headers": headers})
    assert delivery.properties.headers.keys() == {"h", "z"}
    assert len(frame_of_its_letter(delivery)) < FRAME_MAX


@pytest.mark.parametrize(
    "value",
    [
        b"T" + raw.timestamp(2**64 - 1),
        b"f" + struct.pack(">f", float("nan")),
        b"d" + struct.pack(">d", float("inf")),
        b"D" + struct.pack(">Bi", 255, -(2**31)),
        b"S" + raw.long(b"\xff\xfe"),
        b"?" + b"\x00",
        b"L" + struct.pack(">Q", 2**64 - 1),
    ],
)
def test_odd_header_values_do_not_stop_the_delivery(value):
    """A header that cannot be read may be lost, but the delivery comes up and can be buried."""
    delivery = read({"headers": raw.table([(b"h", value)]), "app_id": raw.short(b"a")})
    assert delivery.properties.app_id == "a"
    assert len(frame_of_its_letter(delivery)) < FRAME_MAX


def test_a_header_whose_name_is_not_utf8_does_not_stop_the_delivery():
    """An unreadable header name loses the headers, not the delivery."""
    delivery = read({"headers": raw.table([(b"\xff", b"V")]), "app_id": raw.short(b"a")})
    assert delivery.properties.app_id == "a"


@pytest.mark.parametrize("depth", [1, 17, *range(100, 550, 10), 1000, 18_000])
def test_tables_of_any_depth_are_read_and_the_letter_is_written(depth):
    """However deep a header is nested, neither reading nor burying it fails."""
    delivery = read({"headers": raw.table([(b"h", raw.nested_tables(depth))])})
    assert len(frame_of_its_letter(delivery)) < FRAME_MAX


@pytest.mark.parametrize("letter", ["a", "é", "語", "😀"])
@pytest.mark.parametrize("room", [32_700, 100_000, 130_900])
def test_headers_as_large_as_a_frame_leave_room_for_the_letters_own(letter, room):
    """A feeder's headers may fill a frame, and the letter, which adds its own, still fits one."""
    text = letter.encode() * (room // len(letter.encode()))
    delivery = read({"headers": raw.table([(b"h", b"S" + raw.long(text))])})
    assert len(frame_of_its_letter(delivery)) < FRAME_MAX


@given(payload=st.binary(max_size=80))
def test_no_header_table_stops_a_delivery(payload):
    """Whatever the bytes of a header table are, the delivery comes up and can be buried."""
    delivery = read({"headers": raw.long(payload), "app_id": raw.short(b"a")})
    assert delivery.properties.app_id == "a"
    assert len(frame_of_its_letter(delivery)) < FRAME_MAX


@given(data=st.data())
def test_no_short_strings_stop_a_letter(data):
    """Whatever bytes the text properties are, the delivery's letter can be written."""
    given_ = {name: raw.short(data.draw(st.binary(max_size=255))) for name in SHORT_STRINGS}
    assert len(frame_of_its_letter(read(given_))) < FRAME_MAX


def test_an_unreadable_frame_leaves_the_reader_as_it_was():
    """After a lenient reading the next frame is read strictly again."""
    read({"app_id": raw.short(b"\xff")})
    with pytest.raises(pamqp.exceptions.UnmarshalingException):
        tolerant_frames._strict_unmarshal(
            raw.frame(raw.HEADER, 1, raw.content_header(0, {"app_id": raw.short(b"\xff")}))
        )


def test_garbage_is_still_refused():
    """What is no frame at all is not made into one."""
    with pytest.raises(pamqp.exceptions.PAMQPException):
        tolerant_frames.unmarshal(b"\x09" * 20)
