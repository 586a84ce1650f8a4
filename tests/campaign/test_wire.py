from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame, header
from pamqp.body import ContentBody
from pamqp.heartbeat import Heartbeat

from tests.campaign.wire import PROTOCOL_HEADER_SIZE, Call, FrameReader, Sighting

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"


def content(method, body: bytes, at_a_time: int) -> list:
    pieces = [body[at : at + at_a_time] for at in range(0, len(body), at_a_time)]
    head = header.ContentHeader(body_size=len(body), properties=commands.Basic.Properties())
    return [method, head, *map(ContentBody, pieces)]


BODIES = st.tuples(st.binary(max_size=40), st.integers(1, 50))
CALLS = st.one_of(
    BODIES.map(lambda given: (Call.PUBLISH, content(commands.Basic.Publish(), *given))),
    BODIES.map(lambda given: (Call.DELIVER, content(deliver(redelivered=False), *given))),
    st.just((Call.ACK, [commands.Basic.Ack(delivery_tag=1)])),
    st.just((Call.NACK, [commands.Basic.Nack(delivery_tag=1)])),
    st.just((None, [Heartbeat()])),
    st.just((None, [commands.Queue.DeclareOk("q", 1, 1)])),
)


def deliver(*, redelivered: bool):
    return commands.Basic.Deliver("consumer", 7, redelivered, "in.hub", "key")


def wire(frames) -> bytes:
    return b"".join(frame.marshal(each, 1) for each in frames)


@given(st.lists(CALLS, max_size=8), st.lists(st.integers(1, 200), min_size=1), st.booleans())
def test_calls_are_seen_whole_however_the_bytes_arrive(calls, sizes, from_client):
    """Whatever pieces the bytes come in, they pass unchanged, and every call is seen once, whole."""
    data = b"".join(wire(frames) for _, frames in calls)
    skip = PROTOCOL_HEADER_SIZE if from_client else 0
    sent = (PROTOCOL_HEADER if from_client else b"") + data
    reader = FrameReader(skip)
    passed, left = b"", sent
    seen: list[Sighting] = []
    while left:
        size = sizes[len(seen) % len(sizes)]
        whole, sightings = reader.read(left[:size])
        passed, left = passed + whole, left[size:]
        seen += sightings
    assert passed == sent
    assert [sighting.call for sighting in seen] == [call for call, _ in calls if call]


def test_a_redelivery_is_told_from_a_first_delivery():
    """The redelivered flag of a delivery is read."""
    frames = content(deliver(redelivered=True), b"x", 5) + content(
        deliver(redelivered=False), b"", 5
    )
    _, sightings = FrameReader().read(wire(frames))
    assert [sighting.redelivered for sighting in sightings] == [True, False]


def test_a_call_is_cut_out_with_its_content():
    """A call's bytes are those of its method, header and body."""
    before, call = wire([Heartbeat()]), wire(content(commands.Basic.Publish(), b"body", 3))
    data = before + call + wire([Heartbeat()])
    _, [sighting] = FrameReader().read(data)
    assert data[sighting.start : sighting.end] == call
