"""When a run of the demo went well, and when not."""

from worker.demo.ledger import Ledger, MessageKey
from worker.demo.verdict import judge


def fed(*numbers):
    ledger = Ledger()
    for number in numbers:
        ledger.record_fed(MessageKey("cli", str(number)))
    return ledger


def run(ledger, *numbers):
    for number in numbers:
        ledger.record_job(MessageKey("cli", str(number)), "c", "m", number)
    return ledger


def test_a_balanced_run_is_well():
    """Where everything fed is accounted for the verdict is good and shows the sum."""
    ledger = run(fed(1, 2, 3), 1, 2)
    ledger.record_dead(MessageKey("cli", "3"), "loop")
    verdict = judge(ledger)
    assert verdict.well
    assert verdict.balance == "3 messages fed: 2 turns run, 1 dead letter, 0 repeats dropped"


def test_a_lost_message_is_a_fault():
    """A message that did not turn up fails the run and is named."""
    verdict = judge(run(fed(1, 2), 2))
    assert verdict.faults == ("1 message fed and not accounted for: cli 1",)


def test_disorder_is_a_fault():
    """Messages out of order fail the run."""
    verdict = judge(run(fed(1, 2, 3), 1, 3, 2))
    assert verdict.faults == ("1 message out of order within a conversation",)


def test_a_phantom_is_a_fault():
    """Messages that nobody fed fail the run."""
    verdict = judge(run(fed(1), 1, 2))
    assert verdict.faults == ("1 message came out that nobody fed",)


def test_nothing_fed_is_a_fault():
    """A run that fed nothing has shown nothing."""
    assert judge(Ledger()).faults == ("nothing was fed",)


def test_what_went_wrong_elsewhere_is_a_fault():
    """A fault known already fails a run whose books balance."""
    assert judge(run(fed(1), 1), ["the worker ended"]).faults == ("the worker ended",)
