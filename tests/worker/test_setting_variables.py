import pytest

from worker.setting_variables import unknown_variables
from worker.settings import Settings


@pytest.mark.parametrize(
    "name",
    [
        *(f"POINTSMAN_{name.upper()}" for name in Settings.names()),
        "POINTSMAN_CONFIG",
        "PATH",
        "OTHER_POINTSMAN_X",
        "POINTSMAN_SERVICE_HOST",
        "POINTSMAN_SERVICE_PORT",
        "POINTSMAN_SERVICE_PORT_HTTP",
        "POINTSMAN_PORT",
        "POINTSMAN_PORT_8080_TCP_ADDR",
        "POINTSMAN_MAIN_SERVICE_HOST",
    ],
)
def test_what_is_read_or_is_not_ours_is_fine(name):
    """Settings, the file's name, other programs' and what Kubernetes sets are not told of."""
    assert unknown_variables({name: "x"}) == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("POINTSMAN_PARTITION", "; did you mean POINTSMAN_PARTITIONS?"),
        ("POINTSMAN_AMQPURL", "; did you mean POINTSMAN_AMQP_URL?"),
        ("POINTSMAN_CONFG", "; did you mean POINTSMAN_CONFIG?"),
        ("POINTSMAN_XYZZY", ""),
    ],
)
def test_a_variable_that_nothing_reads_is_told_of(name, meant):
    """A line names the variable and the one that may have been meant, and never its value."""
    (line,) = unknown_variables({name: "canary"})
    assert line == f"the variable {name} is not a setting, and ignored{meant}"
