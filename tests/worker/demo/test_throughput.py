"""How many per second."""

from worker.demo.throughput import Throughput


def test_counts_are_per_whole_second():
    """The last seconds come oldest first, empty ones included, the current one left out."""
    throughput = Throughput()
    for now in (10.0, 10.9, 12.5, 13.1):
        throughput.count(now)
    assert throughput.last(4, 13.9) == [0, 2, 0, 1]


def test_the_rate_is_over_the_last_whole_seconds():
    """The rate is the mean of the last three seconds, and falls to nothing afterwards."""
    throughput = Throughput()
    for second in (1, 2, 3):
        for _ in range(6):
            throughput.count(second + 0.5)
    assert throughput.rate(4.0) == 6
    assert throughput.rate(9.0) == 0


def test_old_seconds_are_forgotten():
    """Not more than the last minute is kept."""
    throughput = Throughput(kept=5)
    for second in range(1000):
        throughput.count(second)
    assert throughput.last(5, 1000) == [1] * 5
    assert len(throughput._bins) == 6
