from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from worker.amqp.priority import rendezvous_priority

PARTITIONS = range(64)


def owners(workers):
    """Which worker wins each partition."""
    return {
        partition: max(workers, key=lambda worker: rendezvous_priority(worker, partition))
        for partition in PARTITIONS
    }


@given(worker=st.text(), partition=st.integers(0, 2000))
def test_a_priority_is_one_that_a_broker_takes(worker, partition):
    """A priority is a number of 31 bits and the same each time it is asked for."""
    priority = rendezvous_priority(worker, partition)
    assert 0 <= priority < 2**31
    assert priority == rendezvous_priority(worker, partition)


def test_workers_share_the_partitions():
    """Four workers get about a quarter of the partitions each."""
    shares = Counter(owners([f"pod-{number}" for number in range(4)]).values())
    assert len(shares) == 4
    assert max(shares.values()) < len(PARTITIONS) / 2


def test_a_newcomer_only_takes():
    """When a worker joins, partitions move to it alone, and none between the others."""
    before = owners(["pod-0", "pod-1", "pod-2"])
    after = owners(["pod-0", "pod-1", "pod-2", "pod-3"])
    moved = {after[partition] for partition in PARTITIONS if after[partition] != before[partition]}
    assert moved == {"pod-3"}


def test_each_isolated_platform_has_its_own_worker():
    """A worker's priority for an isolated platform hangs on its name, and on nothing else in the table."""
    of = {name: rendezvous_priority("pod-1", name) for name in ("webhook", "api", "x")}
    assert len(set(of.values())) == 3
    assert rendezvous_priority("pod-2", "webhook") != of["webhook"]
