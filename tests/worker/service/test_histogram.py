from hypothesis import given
from hypothesis import strategies as st

from worker.service.histogram import Histogram


@given(st.lists(st.floats(0, 10)))
def test_each_bucket_holds_what_is_at_most_its_bound(values):
    """Cumulative counts and the sum are those of the values themselves."""
    histogram = Histogram([1, 2.5, 7])
    for value in values:
        histogram.observe(value)
    expected = [sum(value <= bound for value in values) for bound in histogram.bounds]
    assert histogram.cumulative == [*expected, len(values)]
    assert histogram.sum == sum(values)
