from dataclasses import replace

from contracts import DeadReason
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.service.outcome import Ending, Outcome
from worker.service.totals import Totals


def ending(body, outcome):
    given = delivery(body)
    return Ending(outcome, given, pipeline()(given, STAMP), 0.0, 1)


def test_everything_that_was_ignored_is_counted():
    """Outcomes, dead reasons, ignored claims, overrides and fields, and keys that were taken out."""
    totals = Totals()
    totals.add(ending(message(override={"runtime": "codex"}), Outcome.DUPLICATE))
    totals.add(ending(message(source_kind="owner"), Outcome.ACCEPTED))
    totals.add(ending(message(override={"provider": "x", "command": "y"}), Outcome.ACCEPTED))
    totals.add(
        ending(message(metadata={"token": "canary", "a": {"secret": "b"}}), Outcome.DUPLICATE)
    )
    totals.add(ending(b"[]", Outcome.DEAD))
    assert totals.report() == {
        "outcomes": {"accepted": 2, "duplicate": 2, "dead": 1},
        "dead": {"malformed": 1},
        "delayed": 0,
        "claims_ignored": 1,
        "overrides_ignored": {"unknown": 1},
        "override_fields_ignored": 2,
        "keys_redacted": 2,
        "routing_errors": 0,
        "split_conversations": 0,
    }


def test_what_comes_again_is_counted_once():
    """A delivery that was released is that and no more: its oddities count when it has ended."""
    odd = message(
        source_kind="owner",
        override={"runtime": "codex", "provider": "x"},
        metadata={"token": "canary"},
    )
    totals, once = Totals(), Totals()
    totals.add(ending(odd, Outcome.RELEASED))
    totals.add(ending(b"[]", Outcome.RELEASED))
    assert totals.report() == {**once.report(), "outcomes": {"released": 2}}
    totals.add(ending(odd, Outcome.ACCEPTED))
    assert (totals.claims_ignored, totals.keys_redacted) == (1, 1)
    assert (totals.overrides_ignored, totals.override_fields_ignored) == ({"unknown": 1}, 1)


def test_turns_that_limits_held_are_counted_once():
    """A turn that was held counts when it is accepted, not each time that it is released."""
    totals, held = Totals(), replace(ending(message(), Outcome.ACCEPTED), delayed=2.5)
    totals.add(replace(held, outcome=Outcome.RELEASED))
    totals.add(held)
    assert totals.delayed == 1


def test_a_fault_in_deciding_is_counted():
    """A turn that was routed to the base for a fault of ours is counted as such."""
    totals, fine = Totals(), ending(message(), Outcome.ACCEPTED)
    known = replace(fine.made.known, routing_error=RuntimeError())
    totals.add(replace(fine, made=replace(fine.made, known=known)))
    assert totals.routing_errors == 1
    assert DeadReason.INTERNAL_ERROR not in totals.dead
