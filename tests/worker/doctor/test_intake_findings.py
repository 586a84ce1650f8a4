import pytest

from tests.worker.doctor.judged import content, ids, settings, topology
from worker.doctor.intake_findings import intake_findings

WANTED = topology()
NOBODY = {f"inbound_{number}": (0, 0) for number in range(3)} | {"inbound__web": (0, 0)}


def judged(chosen=None, **depths):
    return list(intake_findings(content(WANTED, **depths), WANTED, chosen or settings()))


def test_partitions_that_are_consumed_are_one_line():
    """With a consumer on every queue there is one line, with how much waits."""
    (found,) = judged(inbound_0=(7, 2))
    assert found.sign.id == "partitions_consumed"
    assert "4 queues with up to 2 consumers each, 7 messages waiting" in found.text


def test_no_worker_at_all_is_a_problem_once_something_waits():
    """Without a worker an empty system is a warning, and one in which something waits a problem."""
    assert ids(judged(**NOBODY)) == ["no_worker"]
    (found,) = judged(**{**NOBODY, "inbound_1": (5, 0)})
    assert found.sign.id == "messages_without_worker"
    assert "5 messages waiting" in found.text


def test_a_partition_without_a_consumer_among_others_is_a_problem():
    """Every worker takes every partition, so one that nobody takes is wrong even while it is empty."""
    (found,) = judged(inbound_1=(3, 0))
    assert found.sign.id == "partition_unserved"
    assert "inbound.1: no consumer, 3 messages waiting" in found.text


@pytest.mark.parametrize(
    ("depths", "uneven"),
    [
        ({"inbound_0": (999, 1)}, False),
        ({"inbound_0": (1000, 1)}, True),
        ({"inbound_0": (1000, 1), "inbound_1": (150, 1), "inbound_2": (51, 1)}, False),
        ({"inbound_0": (1000, 1), "inbound_1": (150, 1), "inbound_2": (50, 1)}, True),
        ({"inbound__web": (5000, 1)}, False),  # a platform's own queue is no partition
    ],
)
def test_uneven_partitions_are_told_with_the_reason(depths, uneven):
    """One partition with ten times as much as each of the others has one routing key to thank for it."""
    found = {each.sign.id: each for each in judged(**depths)}
    assert ("partitions_uneven" in found) is uneven
    if uneven:
        assert "inbound.0 has 1,000 messages" in found["partitions_uneven"].text
        assert "contracts.routing_key" in str(found["partitions_uneven"].todo)


def test_a_backlog_is_a_warning():
    """Ten thousand messages that wait are some seconds of work, and worth a look."""
    each = {f"inbound_{number}": (4000, 1) for number in range(3)}
    assert "messages_wait" in ids(judged(**each))
    assert "messages_wait" not in ids(judged(**{**each, "inbound_0": (1000, 1)}))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [(79, None), (80, "isolated_nearly_full"), (100, "isolated_full")],
)
def test_an_isolated_platform_near_its_bound_is_told(messages, expected):
    """From four fifths of isolated_max_length on a warning, at the bound a problem."""
    found = ids(judged(settings(isolated_max_length=100), inbound__web=(messages, 1)))
    assert found == ["partitions_consumed", *filter(None, [expected])]


def test_of_queues_that_are_not_there_nothing_is_said():
    """Without any queue there is no worker to miss: that they are missing is told elsewhere."""
    assert judged(**dict.fromkeys(NOBODY)) == []
