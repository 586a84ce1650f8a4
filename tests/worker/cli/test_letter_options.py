"""How letters are chosen on the command line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.cli.letter_options import wanted
from worker.dead.wanted import Wanted
from worker.failure import CommandFailed

NONE = dict.fromkeys(
    "reason platform route source_kind fingerprint id older_than newer_than before after".split()
)


def chosen(**flags: Any) -> Wanted:
    return wanted({**NONE, **flags})


def test_what_is_not_given_asks_nothing():
    """Without options all letters are meant, and the options are taken out of what is left."""
    flags = {**NONE, "amqp_url": "x"}
    assert wanted(flags).is_all
    assert flags == {"amqp_url": "x"}


def test_values_are_those_that_were_given():
    """Lists become sets, and hex digits are lowered."""
    assert chosen(reason=["loop", "denied"], id=["AB12"], platform=["-"]) == Wanted(
        reasons=frozenset({"loop", "denied"}), ids=("ab12",), platforms=frozenset({"-"})
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5400), ("7d", 604_800), ("1.5d", 129_600), ("10", 10), ("2h", 7200)],
)
def test_ages_are_read(text, seconds):
    """An age is that long before now, days included."""
    meant = chosen(older_than=text, newer_than=text)
    now = datetime.now(UTC)
    for moment in (meant.before, meant.after):
        assert moment is not None
        assert abs((now - moment).total_seconds() - seconds) < 60


def test_of_two_limits_the_narrower_counts():
    """--after and --newer-than together are the later of both, --before and --older-than the earlier."""
    early, late = "2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00"
    after = chosen(after=early, newer_than="1h").after
    assert after is not None
    assert after > datetime.now(UTC) - timedelta(hours=2)
    assert chosen(before=late, older_than="1h").before == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "flags",
    [
        {"older_than": "soon"},
        {"older_than": "10hd"},
        {"older_than": "1e3d"},
        {"older_than": "-0d"},
        {"older_than": "٣d"},
        {"older_than": "-5d"},
        {"newer_than": "d"},
        {"newer_than": "nand"},
        {"older_than": "1e400d"},
        {"before": "2026-01-31"},
        {"after": "noon"},
        {"id": ["xyz"]},
        {"id": [""]},
        {"fingerprint": ["-"]},
    ],
)
def test_what_cannot_be_read_is_one_clear_line(flags):
    """What is no age, time or id is told with its option."""
    with pytest.raises(CommandFailed) as failed:
        chosen(**flags)
    (name,) = flags
    assert str(failed.value).startswith(f"--{name.replace('_', '-')} ")
    assert "\n" not in str(failed.value)
