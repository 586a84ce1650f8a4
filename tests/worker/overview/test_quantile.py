import pytest

from worker.overview.quantile import quantile

BOUNDS = (0.1, 1.0, 10.0)


@pytest.mark.parametrize(
    ("share", "counts", "expected"),
    [
        (0.5, (0, 0, 0, 0), None),
        (0.5, (10, 10, 10, 10), 0.05),
        (0.99, (0, 100, 100, 100), 0.991),
        (0.5, (5, 5, 10, 10), 0.1),
        (0.9, (5, 5, 10, 10), 8.2),
        (0.99, (0, 0, 0, 7), 10.0),
    ],
)
def test_a_quantile_lies_within_its_bucket(share, counts, expected):
    """Within a bucket observations count as spread evenly; beyond the last its bound is the answer."""
    found = quantile(share, BOUNDS, counts)
    assert found == (expected if expected is None else pytest.approx(expected))
