import io
import json
from dataclasses import replace

import pytest

from contracts import DeadReason
from tests.worker.service.letters import bury, delivery, make, make_turn
from worker.log import open_log
from worker.pipeline.turn import DeadLetter
from worker.service.delivery_log import DeliveryLog
from worker.service.figures import Figures
from worker.service.outcome import Ending, Outcome

SECRET_TEXT = "canary-what-somebody-wrote"


def ending(given, outcome=Outcome.ACCEPTED, made=None, attempts=1, delayed=0.0):
    return Ending(outcome, given, made or make(given), 0.0123, attempts, delayed)


def written(*endings, level="debug"):
    """The lines that a delivery log writes about these endings, one call for each."""
    stream = io.StringIO()
    log = DeliveryLog(open_log("json", level, stream), Figures())
    for one in endings:
        log.write([one], 0.0)
    return lines_of(stream)


def lines_of(stream):
    """What has been written so far."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_line_per_delivery():
    """Every delivery that ends here gets one line with what an operator asks for."""
    (line,) = written(ending(delivery(7, "chat", "m1")))
    del line["timestamp"]
    assert line == {
        "event": "delivery",
        "level": "info",
        "outcome": "accepted",
        "message_id": "m1",
        "conversation": "chat",
        "turn_id": str(make_turn(delivery(7, "chat", "m1")).turn_id),
        "platform": "telegram",
        "source_kind": "stranger",
        "route": "base",
        "queue": "turns.m",
        "partition": 0,
        "ms": 12.3,
    }


def test_a_dead_letter_says_why():
    """A dead letter is a warning with its reason and detail instead of a queue."""
    (line,) = written(ending(delivery(1, dead=True), Outcome.DEAD))
    assert (line["level"], line["outcome"]) == ("warning", "dead")
    assert (line["reason"], line["detail"]) == ("malformed", "made so")
    assert "queue" not in line


def test_a_turn_that_its_limits_held_says_for_how_long():
    """Milliseconds until it was let go, only where there are any."""
    (line,) = written(ending(delivery(1), Outcome.ACCEPTED, delayed=2.5))
    assert line["delayed_ms"] == 2500.0
    (line,) = written(ending(delivery(1), Outcome.ACCEPTED))
    assert "delayed_ms" not in line


def test_an_undeliverable_turn_says_which_queue_refused():
    """A turn that was buried names its reason, its queue in the detail, and its attempts."""
    given = delivery(1)
    letter = bury(given, make_turn(given), DeadReason.UNDELIVERABLE, "turns.m: full, 9 attempts")
    (line,) = written(ending(given, Outcome.DEAD, letter, attempts=10))
    assert line["reason"] == "undeliverable"
    assert line["detail"].startswith("turns.m")
    assert line["attempts"] == 10


def test_a_duplicate_is_told_with_the_turn_it_repeats():
    """A dropped repeat names the turn id, so that the first can be found."""
    (line,) = written(ending(delivery(2, message_id="x"), Outcome.DUPLICATE))
    assert line["outcome"] == "duplicate"
    assert line["turn_id"]


def test_what_is_unremarkable_is_not_said():
    """A redelivery and a second attempt are said, a first delivery and attempt are not."""
    plain, again = written(ending(delivery(1)), ending(delivery(2, redelivered=True), attempts=2))
    assert (again["redelivered"], again["attempts"]) == (True, 2)
    assert not {"redelivered", "attempts", "redacted"} & plain.keys()


def test_released_deliveries_are_one_line():
    """What goes back to the broker is told as a number: it will be delivered again."""
    stream = io.StringIO()
    released = [ending(delivery(tag), Outcome.RELEASED) for tag in range(1, 4)]
    DeliveryLog(open_log("json", "info", stream), Figures()).write(released, 0.0)
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["deliveries"]) == ("released", 3)


def test_deliveries_over_the_rate_are_told_by_their_number():
    """What went well is written so many times a second, and counted beyond that by its outcome."""
    stream = io.StringIO()
    log = DeliveryLog(open_log("json", "info", stream), Figures(), rate=2)
    well = [ending(delivery(tag)) for tag in range(1, 6)]
    again = ending(delivery(6), Outcome.DUPLICATE)
    log.write([*well, again], 10.0)
    assert log.due_in(10.5) == 0.5
    log.write([], 11.0)
    lines = lines_of(stream)
    assert [line["event"] for line in lines] == ["delivery", "delivery", "deliveries not logged"]
    assert (lines[-1]["accepted"], lines[-1]["duplicate"]) == (3, 1)
    assert log.due_in(11.0) is None


def test_what_did_not_go_well_is_always_told():
    """Dead letters and faults of ours have their line, and are counted, whatever the rate is."""
    stream, figures = io.StringIO(), Figures()
    log = DeliveryLog(open_log("json", "info", stream), figures, rate=1)
    turn = make_turn(delivery(9))
    faulty = replace(turn, known=replace(turn.known, routing_error=ValueError()))
    endings = [ending(delivery(tag, dead=True), Outcome.DEAD) for tag in range(1, 6)]
    log.write([*endings, *[ending(delivery(9), made=faulty)] * 3], 10.0)
    levels = [line["level"] for line in lines_of(stream)]
    assert levels == ["warning"] * 5 + ["error"] * 3
    assert figures.totals.outcomes == {"dead": 5, "accepted": 3}


def test_a_whole_log_leaves_out_no_delivery():
    """While everything is to be written, the rate does not hold."""
    stream = io.StringIO()
    whole = open_log("json", "warning", stream)
    whole.write_everything()
    log = DeliveryLog(whole, Figures(), rate=1)
    log.write([ending(delivery(tag)) for tag in range(1, 6)], 10.0)
    assert sum(line["event"] == "delivery" for line in lines_of(stream)) == 5


def test_what_was_not_logged_is_told_at_the_end():
    """A worker that ends within the second tells the number all the same, once."""
    stream = io.StringIO()
    log = DeliveryLog(open_log("json", "info", stream), Figures(), rate=1)
    log.write([ending(delivery(1)), ending(delivery(2))], 10.0)
    log.flush()
    log.flush()
    assert [line.get("accepted") for line in lines_of(stream)] == [None, 1]


def test_no_line_holds_a_body():
    """Whatever the outcome, nothing of the body and no text of an exception is written."""
    given = delivery(1, message_id="m1", queue="turns.m")
    body = given.body.replace(b"m1", SECRET_TEXT.encode())
    given = type(given)(1, body, given.exchange, given.routing_key, partition=0)
    turn, letter = make(delivery(1)), make(delivery(1, dead=True))
    broken = DeadLetter(
        DeadReason.INTERNAL_ERROR,
        "ValueError while routing",
        letter.publication,
        letter.known,
        ValueError(SECRET_TEXT),
    )
    lines = written(
        ending(given, Outcome.ACCEPTED, turn),
        ending(given, Outcome.DEAD, letter),
        ending(given, Outcome.DEAD, broken),
        ending(given, Outcome.DUPLICATE, turn),
        ending(given, Outcome.RELEASED, turn),
    )
    assert len(lines) == 5
    assert SECRET_TEXT not in json.dumps(lines)


def test_a_fault_of_ours_is_an_error_with_its_place():
    """An internal error is told as an error with type and traceback."""
    letter = make(delivery(1, dead=True))
    with pytest.raises(KeyError) as caught:
        dict[str, str]()[SECRET_TEXT]
    broken = DeadLetter(
        DeadReason.INTERNAL_ERROR, "KeyError", letter.publication, letter.known, caught.value
    )
    (line,) = written(ending(delivery(1, dead=True), Outcome.DEAD, broken))
    assert (line["level"], line["error"]) == ("error", "KeyError")
    assert "test_delivery_log.py" in line["traceback"][0]


@pytest.mark.parametrize("name", ["message_id", "conversation"])
def test_long_ids_are_cut(name):
    """An id of 10,000 characters, which anybody may send, takes 121 in the log."""
    long = "x" * 10_000
    given = delivery(1, long, long)
    (line,) = written(ending(given))
    assert line[name] == "x" * 120 + "…"


def test_a_conversation_under_two_routing_keys_is_counted_and_warned_about():
    """Each change of routing key counts; the warning comes at once, and again after ten minutes."""
    stream, figures = io.StringIO(), Figures()
    log = DeliveryLog(open_log("json", "info", stream), figures)
    for tag, key in enumerate(["k1", "k1", "k2", "k2", "k2", "k1", "k2"], start=1):
        log.write([ending(delivery(tag, routing_key=key))], 100.0 + tag)
    for tag, key in ((8, "k3"), (9, "k4")):
        log.write([ending(delivery(tag, "another", routing_key=key))], 110.0)
    log.write([ending(delivery(10, routing_key="k1"))], 702.9)
    log.write([ending(delivery(11, routing_key="k2"))], 703.0)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    warnings = [line for line in lines if "two routing keys" in line["event"]]
    told = [(line["conversation"], line["changes"]) for line in warnings]
    assert told == [("c", 1), ("another", 1), ("c", 4)]
    assert figures.totals.split_conversations == 6


def test_remembered_routing_keys_are_bounded():
    """A worker that sees ever new conversations keeps only so many in mind."""
    log = DeliveryLog(open_log("json", "error", io.StringIO()), Figures())
    for tag in range(1, 10_200):
        log.write([ending(delivery(tag, f"conversation {tag}"))], 0.0)
    assert len(log._routing_keys) <= 10_000
