import pytest

from tests.worker.doctor.judged import content, host, ids, topology
from worker.doctor.topology_findings import topology_findings

WANTED = topology()


def judged(change=None, *, hash_exchange=True, **depths):
    seen = content(WANTED, **depths)
    if change is not None:
        change(seen)
    return list(topology_findings(host(seen=seen, hash_exchange=hash_exchange), WANTED))


def test_what_is_as_it_has_to_be_is_one_line():
    """A topology that is all there is one line with how much that is."""
    (found,) = judged()
    assert found.sign.id == "topology_good"
    assert "queues: all there and as needed" in found.text


def test_what_this_user_cannot_see_is_not_called_as_needed():
    """Where arguments could not be compared, the line says that not all was seen."""
    (found,) = judged(lambda seen: seen.unconfigurable.append("inbound.0"))
    assert "as far as this user sees" in found.text


def test_nothing_declared_yet_is_no_problem():
    """Before the first start there is nothing, and one line says what declares it."""

    def empty(seen):
        seen.exchanges = dict.fromkeys(seen.exchanges, False)
        seen.queues = dict.fromkeys(seen.queues)

    (found,) = judged(empty)
    assert found.sign.id == "topology_absent"
    assert "topology apply" in str(found.todo)


@pytest.mark.parametrize(
    ("depths", "expected", "named"),
    [
        ({"inbound_1": None}, "topology_missing", "inbound.1"),
        ({"dead": None}, "topology_missing", "dead"),
        ({"inbound__web": None}, "topology_missing", "inbound@web"),
        ({"turns_m": None}, "model_queue_missing", "turns.m"),
        ({"inbound_2": None}, "partitions_differ", "fewer than 3"),
        ({"inbound_3": (0, 0)}, "partitions_differ", "more than 3"),
        ({"inbound_repartition": (1, 0)}, "repartition_under_way", "inbound.repartition"),
        ({"inbound__discord": (0, 0)}, "isolation_differs", "`discord` was isolated"),
    ],
)
def test_a_queue_that_is_missing_or_too_many_is_told(depths, expected, named):
    """Each kind of queue that is missing, or there and must not be, has its own name."""
    (found,) = judged(**depths)
    assert found.sign.id == expected
    assert named in found.text
    assert found.todo


def test_a_missing_exchange_is_told():
    """Without an exchange what feeders publish is refused, so that is a problem."""
    (found,) = judged(lambda seen: seen.exchanges.update({"in.discord": False}))
    assert found.sign.id == "topology_missing"
    assert "1 exchange missing: in.discord" in found.text


def test_a_mismatch_is_told_as_the_broker_says_it():
    """What exists otherwise is one line each."""
    found = judged(lambda seen: seen.mismatches.extend(["queue a: x", "queue b: y"]))
    assert [each.text for each in found] == ["queue a: x", "queue b: y"]
    assert set(ids(found)) == {"arguments_differ"}


def test_the_plugin_is_needed_for_more_than_one_partition():
    """A missing plugin is a problem, and the only one where nothing could be declared without it."""
    assert ids(judged(hash_exchange=False)) == ["plugin_missing"]
    assert ids(judged(hash_exchange=None)) == ["topology_good"]
