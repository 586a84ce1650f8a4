import json
from uuid import UUID, uuid5

import pytest

from tests.campaign.conversation import QUEUES, Key, Line
from tests.campaign.ledger import KEY_HEADER, Ledger

NAMESPACE = UUID("6f3f7bb0-6a52-5d0e-9a3f-0f6a1f0b7c11")
QUEUE = QUEUES["base-m"]


def line(number: int, *, poison: bool = False) -> Line:
    return Line(Key("chat", number), None, "in.telegram", "key", b"{}", QUEUE, poison)


def job(number: int, turn_id: str | None = None) -> bytes:
    names = f'["telegram","","conversation","{number}"]'
    return json.dumps(
        {
            "turn_id": turn_id or str(uuid5(NAMESPACE, names)),
            "conversation_id": "conversation",
            "agent_id": None,
            "message": {"message_id": str(number)},
            "source": {"platform": "telegram"},
        }
    ).encode()


def head(number: int) -> dict[str, str]:
    return {KEY_HEADER: f"chat {number}"}


@pytest.fixture
def ledger() -> Ledger:
    """Three messages, said and confirmed."""
    ledger = Ledger()
    for number in (1, 2, 3):
        ledger.attempt(line(number))
        ledger.confirm(line(number))
    return ledger


def test_what_never_comes_out_is_lost(ledger):
    """A confirmed message without a job or a letter is lost, until it comes."""
    ledger.job(QUEUE, job(1), head(1), "a")
    ledger.letter({**head(2), "x-dead-reason": "undeliverable"})
    assert ledger.lost == [Key("chat", 3)]
    ledger.job(QUEUE, job(3), head(3), "b")
    assert ledger.lost == []


def test_what_comes_out_before_its_confirm_is_not_lost():
    """A job that overtakes the feeder's confirm counts."""
    ledger = Ledger()
    ledger.attempt(line(1))
    ledger.job(QUEUE, job(1), head(1), "a")
    ledger.confirm(line(1))
    assert ledger.lost == []


def test_a_second_publication_is_a_repeat_and_a_redelivery_is_none(ledger):
    """Only another publication of a message counts as a repeat."""
    ledger.job(QUEUE, job(1), head(1), "a")
    ledger.job(QUEUE, job(1), head(1), "a")
    assert (ledger.jobs, ledger.distinct, ledger.repeats) == (1, 1, 0)
    ledger.job(QUEUE, job(1), head(1), "b")
    assert (ledger.jobs, ledger.distinct, ledger.repeats) == (2, 1, 1)


def test_order_is_that_of_first_sightings(ledger):
    """A number first seen after a higher one is out of order; a late repeat is not."""
    for number, publication in ((1, "a"), (3, "b"), (1, "c")):
        ledger.job(QUEUE, job(number), head(number), publication)
    assert ledger.reorders.count == 0
    ledger.job(QUEUE, job(2), head(2), "d")
    assert ledger.reorders.count == 1


def test_jobs_that_nobody_asked_for_are_phantoms(ledger):
    """A job, or a letter, for what was never said is a phantom."""
    ledger.job(QUEUE, job(9), head(9), "a")
    ledger.letter({})
    assert ledger.phantoms.count == 2


def test_a_job_in_the_wrong_queue_is_misrouted(ledger):
    """A job must come to the queue of its model, and a good message must not be dead."""
    ledger.job(QUEUES["peer-m"], job(1), head(1), "a")
    ledger.letter({**head(2), "x-dead-reason": "malformed"})
    assert ledger.misrouted.count == 2


def test_every_job_of_a_message_must_have_its_turn_id(ledger):
    """A `turn_id` that is not the message's own is noted."""
    ledger.job(QUEUE, job(1), head(1), "a")
    ledger.job(QUEUE, job(1, turn_id="another"), head(1), "b")
    assert ledger.other_turn_ids.count == 1
