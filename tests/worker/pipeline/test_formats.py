import pytest

from contracts import DeadReason
from routing.rejection import Rejection
from worker.pipeline.formats import read_message


def frame(**data):
    return {"type": "message", "data": {"messageId": "a1", "from": "brain", "text": "hi", **data}}


def refusal_of(document) -> Rejection:
    with pytest.raises(Rejection) as caught:
        read_message(document, "hub")
    return caught.value


def test_a_native_message_is_read_with_its_unknown_fields():
    """A message keeps the fields that nobody knows, at the top and in its source."""
    message = read_message({"text": "hi", "mood": 1, "source": {"chat_id": 7, "x": 2}}, "hub")
    assert message.text == "hi"
    assert message.model_extra == {"mood": 1}
    assert message.source
    assert message.source.chat_id == "7"
    assert message.source.model_extra == {"x": 2}


def test_a_hub_frame_is_a_dm_from_its_sender():
    """A hub frame becomes a message in a DM with the peer that sent it."""
    message = read_message(frame(), "hub:slate")
    assert message.message_id == "a1"
    assert message.text == "hi"
    assert message.source
    assert message.source.model_dump(exclude_none=True) == {
        "platform": "hub:slate",
        "chat_id": "hub:brain",
        "chat_type": "dm",
        "user_id": "brain",
        "user_name": "brain",
    }


@pytest.mark.parametrize(
    "wrong",
    [{"from": ""}, {"text": ""}, {"from": None}, {"text": None}, {"from": {}}, {"text": 5}],
)
def test_a_hub_frame_without_sender_or_text_is_malformed(wrong):
    """A hub frame whose sender or text is empty or no text cannot become a turn."""
    assert refusal_of(frame(**wrong)).reason is DeadReason.MALFORMED


@pytest.mark.parametrize("native", [{"text": "hello"}, {"source": {"platform": "telegram"}}])
def test_what_has_a_text_or_a_source_of_its_own_is_no_hub_frame(native):
    """A message that happens to have `type` and `data` fields is read as the message it is."""
    message = read_message({**frame(), "media_urls": ["u"], **native}, "hub")
    assert message.model_extra == frame()


@pytest.mark.parametrize("version", ["2", "2.0", "10", "11.5", "0", 2, 3.1, "２"])
def test_another_major_version_is_not_supported(version):
    """A message of another major version is dead for that reason, whatever else it holds."""
    rejection = refusal_of({"version": version, "text": 5})
    assert rejection.reason is DeadReason.UNSUPPORTED_VERSION


@pytest.mark.parametrize("version", ["1", "1.0", "1.25", 1, 1.5, None])
def test_minor_versions_are_read(version):
    """Any version of major 1 is read, and so is a message that states none."""
    assert read_message({"version": version, "text": "x"}, "hub").text == "x"


@pytest.mark.parametrize("version", ["", "one", "1.", "1.x", "1.0.0", "-1", True, [], {}, ["2"]])
def test_a_version_that_is_none_is_malformed(version):
    """What does not look like a version is malformed rather than unsupported."""
    assert refusal_of({"version": version, "text": "x"}).reason is DeadReason.MALFORMED


def test_the_reason_names_the_fields_and_quotes_no_value():
    """The detail says which fields are wrong and how, and repeats nothing that was in them."""
    rejection = refusal_of({"text": ["canary-1"], "hops": "canary-2", "source": "canary-3"})
    assert rejection.reason is DeadReason.MALFORMED
    assert all(field in rejection.detail for field in ("text:", "hops:", "source:"))
    assert "canary" not in rejection.detail


def test_many_problems_make_a_short_detail():
    """However many things are wrong, the detail stays a line that a header can hold."""
    parts = [{"text": i, "k" * 500: i} for i in range(1000)]
    detail = refusal_of({"parts": parts, "reference_task_ids": [[]] * 1000}).detail
    assert len(detail) < 1000
