import pytest

from contracts import SourceKind
from routing.limit import USUAL_LIMITS, Limit, Over, Scope, every_limit
from tests.routing.loading import errors, table, warnings

MODEL = "model: { default: m }\n"


def limits(section):
    """Where each limit stands to what it says."""
    loaded = table(f"{MODEL}{section}")
    return {limit.name: str(limit) for limit in every_limit(loaded.limits)}


@pytest.mark.parametrize("section", ["", "limits:\n", "limits: {}\n", "limits: { per_pair: }\n"])
def test_only_pairs_of_hub_peers_are_limited_unless_the_table_says_otherwise(section):
    """A table that says nothing of limits has one: ten a minute between two hub peers."""
    assert limits(section) == {"per_pair.hub_peer": "10/min"}
    assert table(MODEL + section).limits == USUAL_LIMITS


@pytest.mark.parametrize(
    "section",
    [
        "limits: off",
        "limits: none",
        "limits: { per_pair: off }",
        "limits: { per_pair: { hub_peer: off } }",
        "limits: { per_pair: { hub_peer: 'none' } }",
    ],
)
def test_limits_can_be_switched_off(section):
    """`off` or `none` stands for all limits, for a scope or for one source kind."""
    assert limits(section) == {}


def test_what_is_stated_stands_beside_the_default():
    """A limit for others leaves the one for pairs of hub peers, and a stated one replaces it."""
    assert limits("limits: { per_pair: { stranger: 5/h }, per_sender: { owner: 3/s } }") == {
        "per_pair.hub_peer": "10/min",
        "per_pair.stranger": "5/h",
        "per_sender.owner": "3/s",
    }
    assert limits("limits: { per_pair: { hub_peer: 7/min } }") == {"per_pair.hub_peer": "7/min"}


def test_a_limit_may_be_a_mapping():
    """Rate, burst, what becomes of what is over it, and how long that is held."""
    loaded = table(
        f"""\
        {MODEL}
        limits:
          per_sender:
            stranger: {{ rate: 60/min, burst: 20, over: delay, up_to: 500ms }}
            cron: {{ rate: 2 / h }}
        """
    )
    assert loaded.limits[SourceKind.STRANGER] == (
        Limit(Scope.PER_SENDER, SourceKind.STRANGER, 60, "min", 20, Over.DELAY, 0.5),
    )
    assert loaded.limits[SourceKind.CRON] == (Limit(Scope.PER_SENDER, SourceKind.CRON, 2, "h", 2),)


def test_a_kind_is_under_all_limits_that_name_it():
    """The limits of one kind come in the order pair, sender, platform, however they are written."""
    loaded = table(
        f"{MODEL}limits: {{ per_platform: {{ hub_peer: 9/s }}, per_sender: {{ hub_peer: 8/s }} }}"
    )
    found = [each.scope for each in loaded.limits[SourceKind.HUB_PEER]]
    assert found == [Scope.PER_PAIR, Scope.PER_SENDER, Scope.PER_PLATFORM]


def test_what_is_written_out_in_a_variable_counts():
    """A rate may come from the environment."""
    loaded = table(f"{MODEL}limits: {{ per_sender: {{ owner: '${{RATE}}' }} }}", RATE="4/s")
    assert [each.rate for each in loaded.limits[SourceKind.OWNER]] == ["4/s"]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("limits: on", "t.yaml:2:9: error: `limits` must be a mapping or `off`, not text"),
        ("limits: { per_par: {} }", "unknown key `per_par` in `limits`; did you mean `per_pair`?"),
        ("limits: { per_pair: 9/s }", "say whom it is for, such as `{hub_peer: 10/min}`"),
        ("limits: { per_pair: { peer: 9/s } }", "unknown key `peer` in `limits.per_pair`"),
        ("limits: { per_pair: { owner: 5/m } }", "2:30: error: `limits.per_pair.owner`: `5/m` is"),
        ("limits: { per_pair: { owner: 5/m } }", "did you mean `5/min`?"),
        ("limits: { per_pair: { owner: five } }", "`five` is not a rate: N/s, N/min or N/h"),
        ("limits: { per_pair: { owner: 5/day } }", "`5/day` is not a rate"),
        ("limits: { per_pair: { owner: [5] } }", "`limits.per_pair.owner` must be text"),
        ("limits: { per_pair: { owner: 0/s } }", "to let none through, write a rule with `deny"),
        ("limits: { per_pair: { owner: 1000001/s } }", "a rate is 1 to 1000000 of its unit"),
        ("limits: { per_pair: { owner: { burst: 3 } } }", "`limits.per_pair.owner` has no `rate`"),
        ("limits: { per_pair: { owner: { rate: 1/s, burst: 0 } } }", "whole number from 1 to"),
        ("limits: { per_pair: { owner: { rate: 1/s, over: drop } } }", "is `dead` or `delay`, not"),
        ("limits: { per_pair: { owner: { rate: 1/s, up_to: 5s } } }", "is for `over: delay`"),
        (
            "limits: { per_pair: { owner: { rate: 1/s, over: delay, up_to: 0s } } }",
            "more than 0 s",
        ),
        (
            "limits: { per_pair: { owner: { rate: 1/s, over: delay, up_to: 2m } } }",
            "more than 0 s and at most 60 s, not `2m`; what is held keeps its partition from",
        ),
        (
            "limits: { per_pair: { owner: { rate: 1/s, over: delay, up_to: soon } } }",
            "'soon' is not a duration",
        ),
        ("model: { default: m, limits: off }", "it belongs at the top of the file"),
    ],
)
def test_what_cannot_be_a_limit_is_told_where_it_stands(section, told):
    """Each mistake is one line with its place and what to do instead."""
    text = section if section.startswith("model") else MODEL + section
    (line,) = errors(text).splitlines()
    assert told in line


def test_a_limit_for_nobody_is_a_warning():
    """Where there are no hub platforms, a limit for hub peers never binds."""
    said = warnings(f"{MODEL}hub_platforms: []\nlimits: {{ per_sender: {{ hub_peer: 1/s }} }}")
    assert said.startswith("t.yaml:3:25: warning: `limits.per_sender.hub_peer` limits nobody")
    assert warnings(f"{MODEL}limits: {{ per_sender: {{ hub_peer: 1/s }} }}") == ""
