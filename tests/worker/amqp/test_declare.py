import pytest

from worker.amqp.declare import _mismatch


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (
            (
                "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'turns.m' in vhost"
                " '/': received none but current is the value '5' of type 'signedint'"
            ),
            (
                "queue turns.m: x-max-length is the value '5' of type 'signedint' on the broker,"
                " none is needed"
            ),
        ),
        (
            (
                "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'in.hub' in vhost 'v':"
                " received 'topic' but current is 'direct'"
            ),
            "exchange in.hub: type is 'direct' on the broker, 'topic' is needed",
        ),
    ],
)
def test_a_mismatch_is_told_by_name_and_property(reply, line):
    """What the broker says of a mismatch becomes a line that names thing, property and values."""
    assert _mismatch("other", reply) == line


def test_what_the_broker_words_otherwise_is_handed_on():
    """A reply in other words is shown as it is, with the name of what was declared."""
    assert _mismatch("inbound", "NOT_FOUND - no exchange 'x'" + "!" * 1000).startswith(
        "inbound: NOT_FOUND - no exchange 'x'"
    )
