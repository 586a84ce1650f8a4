import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decide import Router
from routing.load_table import load_table
from routing.simplicity import Simplicity, is_simple
from tests.broker.odd_messages import BODIES
from worker.capture.captured_line import Kept, captured_line
from worker.capture.mask import mask_message, mask_text
from worker.envelope import read_delivery
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter

SAID = "canary"
NOON = Stamp(datetime(2026, 3, 2, 12, tzinfo=UTC), sequence=0)
KEPT = Kept(bodies=False, metadata=True, max_body=1024 * 1024)
TABLE = b"""
model:
  default: m
  routes:
    - {match: {has_media: "true"}, model: media}
    - {match: {text.length: {gt: 20}}, model: long}
platforms: {telegram: {}, hub: {}}
"""
WHOLE = {
    "message_id": "1",
    "text": f"{SAID} one",
    "source": {"chat_id": "7", "chat_name": SAID, "user_name": SAID, "odd": SAID, "user_id": "u"},
    "parts": [
        {"text": SAID, "filename": SAID, "metadata": {"a": SAID}, "odd": SAID},
        {"url": f"https://{SAID}"},
        {"raw": SAID, "media_type": "image/png"},
        {"data": {"a": SAID}},
    ],
    "media_urls": [f"https://{SAID}"],
    "media_types": [SAID],
    "context": {"a": SAID},
    "extensions": [SAID],
    "reference_task_ids": [SAID],
    "override": {"model": "m", "odd": SAID},
    "reply_to": {"routing_key": "k", "odd": SAID},
    "hops": [SAID],
    "agent_id": {"a": SAID},
    "odd": SAID,
    "from": SAID,
}


@pytest.fixture(scope="module")
def pipeline():
    table = load_table(TABLE, {}).table
    assert table is not None
    return Pipeline(Router(table), Limits())


@given(
    st.text() | st.lists(st.sampled_from("a test ` \n www. ok,".split(" "))).map(" ".join),
    st.integers(0, 40),
    st.integers(0, 8),
)
def test_a_masked_text_is_measured_as_the_text_is(text, chars, words):
    """It has as many characters, words and lines, and is simple by the same limits."""
    masked = mask_text(text)
    assert set("".join(masked.split())) <= {"x", "`"}
    assert len(masked) == len(text)
    assert list(map(len, masked.split())) == list(map(len, text.split()))
    for limits in (Simplicity(), Simplicity(chars, words)):
        assert is_simple(masked, limits) == is_simple(text, limits)


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case.name)
def test_a_masked_message_is_decided_as_the_message_is(case, pipeline):
    """Whatever is wrong with a message that can be read at all is wrong with it masked."""
    delivery = Delivery(1, case.body, case.exchange, "rk")
    line = captured_line(delivery, KEPT)
    if not isinstance(line, bytes):
        assert case.becomes in {"malformed", "too_large"}
        return
    before, after = pipeline(delivery, NOON), pipeline(read_delivery(line, 1), NOON)
    if isinstance(before, DeadLetter):
        assert isinstance(after, DeadLetter)
        assert after.reason is before.reason
    else:
        assert after.publication.routing_key == before.publication.routing_key
        assert after.known.conversation_id == before.known.conversation_id
        assert after.known.route == before.known.route


def test_nothing_that_was_said_is_left():
    """Texts, names, links, files, contexts and unknown fields are gone, wherever they stood."""
    assert SAID not in json.dumps(mask_message(WHOLE))
    frame = {"type": "message", "odd": SAID, "data": {"from": "a", "text": SAID, "odd": SAID}}
    masked = mask_message(frame)
    assert masked == {"type": "message", "data": {"from": "a", "text": "xxxxxx"}}


def test_what_rules_ask_for_is_left():
    """Ids, the number and kind of parts and media, and metadata stay."""
    masked = mask_message({**WHOLE, "metadata": {"tier": "gold"}})
    assert masked["source"] == {"chat_id": "7", "user_id": "u", "chat_name": "x", "user_name": "x"}
    assert masked["parts"] == [
        {"text": "xxxxxx", "filename": "x", "metadata": {}},
        {"url": "x"},
        {"raw": "x", "media_type": "image/png"},
        {"data": {}},
    ]
    assert masked["media_urls"] == ["x"]
    assert masked["metadata"] == {"tier": "gold"}
    assert mask_message({"metadata": {"tier": "gold"}}, metadata=False) == {"metadata": {}}
