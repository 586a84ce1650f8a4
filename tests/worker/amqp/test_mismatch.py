import pytest

from worker.amqp.mismatch import mismatch_line


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
    assert mismatch_line("other", reply) == line


def test_what_the_broker_words_otherwise_is_handed_on():
    """A reply in other words is shown as it is, with the name of what was declared."""
    assert mismatch_line("inbound", "NOT_FOUND - no exchange 'x'" + "!" * 1000).startswith(
        "inbound: NOT_FOUND - no exchange 'x'"
    )


def test_a_missing_plugin_is_told_whichever_way_the_broker_says_it():
    """RabbitMQ 4 refuses an unknown type as it refuses a mismatch, and the plugin is named all the same."""
    reply = "PRECONDITION_FAILED - unknown exchange type 'x-consistent-hash'"
    assert "rabbitmq-plugins enable" in mismatch_line("inbound", reply)
