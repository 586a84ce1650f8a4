from datetime import UTC, datetime

import pytest

from contracts import SourceKind
from routing.decide import Router
from routing.destination import EXPECTABLE
from routing.tried_test import try_test
from tests.routing.loading import load, report

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = """\
model:
  default: base-m
  provider: custom
  api_key: ${KEY}
  routes:
    - { match: { platform: evil }, deny: true, name: no evil }
    - { match: { platform: telegram, time: { hours: "22:00-07:00" } }, model: night-m }
    - match: { platform: slack }
      queue: slow
      split: [{ weight: 1, model: a-m }, { weight: 1, name: b, model: b-m }]
    - { match: { metadata.tier: "1.10" }, model: gold-m }
    - { match: { verified: "true", publisher: hub-a }, model: vouched-m }
    - { match: { has_media: "true" }, model: eyes-m }
    - { match: { source_kind: owner }, model: strong-m, api_mode: x }
    - { match: { source_kind: hub_peer }, model: peer-m, base_url: "https://h" }
runtimes: { codex: { model: gpt } }
platforms:
  telegram: { home_channel: "42" }
  discord: { publishers: [hub-b, hub-a] }
tests:
"""


def tried(given, expect="{ model: base-m }", at="", head=TABLE, **keywords):
    """What came of a test of the table above."""
    entry = f"  - given: {given}\n    expect: {expect}\n" + (f"    at: {at}\n" if at else "")
    loaded = load(head + entry)
    assert loaded.table is not None, report(loaded)
    return try_test(loaded.tests[0], Router(loaded.table), NOON, keywords.get("max_hops", 8))


def destination(given, **keywords):
    """Everything that can be expected of a message and is set."""
    end = tried(given, **keywords).destination
    return {what: got for what in EXPECTABLE if (got := end.get(what)) is not None}


def test_a_turn_has_everything_that_can_be_expected_of_it():
    """Runtime, queue, route and source kind are those of the decision, as texts."""
    assert destination("{ platform: telegram, chat_type: dm, chat_id: 42 }") == {
        "model": "strong-m",
        "provider": "custom",
        "api_mode": "x",
        "credential": "env:KEY",
        "queue": "turns.strong-m",
        "route": "routes[6]",
        "reason": "matched",
        "source_kind": "owner",
    }


def test_a_message_that_is_denied_is_dead():
    """A denied message has a reason, the rule that denied it, and no model."""
    expected = {"dead": "denied", "route": "no evil", "source_kind": "stranger"}
    assert destination("{ platform: evil }") == expected


def test_expectations_that_are_met_are_no_difference():
    """A test passes if all it expects is so, what is not to be set included."""
    expect = "{ model: strong-m, base_url: null, variant: null, dead: null }"
    assert tried("{ platform: cli }", expect).differences == ()


def test_every_expectation_that_is_not_met_is_a_difference():
    """What differs is told by itself, with what there was instead, in the order written."""
    found = tried("{ platform: cli }", "{ queue: q, model: strong-m, base_url: u, api_mode: null }")
    assert [(each.expectation.what, each.got) for each in found.differences] == [
        ("queue", "turns.strong-m"),
        ("base_url", None),
        ("api_mode", "x"),
    ]


def test_an_expected_death_that_does_not_come_is_a_difference():
    """A turn where a dead letter is expected fails the test, and so does the reverse."""
    assert [each.got for each in tried("{ platform: cli }", "{ dead: denied }").differences] == [
        None
    ]
    (difference,) = tried("{ platform: evil }", "{ model: base-m }").differences
    assert difference.got is None


@pytest.mark.parametrize(
    ("at", "model"),
    [
        ("2026-03-01T23:30:00+01:00", "night-m"),
        ("2026-03-01T22:30:00+01:00", "base-m"),
        ("", "base-m"),
    ],
)
def test_it_is_the_moment_that_the_test_says(at, model):
    """Time windows are judged at `at`, else at the moment of trying."""
    assert destination("{ platform: telegram }", at=at)["model"] == model


def test_a_stated_source_kind_is_taken_as_it_is():
    """Without one the message is classified; a stated one stands, even against the platform."""
    assert destination("{ platform: hub }")["source_kind"] == "hub_peer"
    stated = destination("{ platform: hub, source_kind: owner }")
    assert (stated["source_kind"], stated["model"]) == (SourceKind.OWNER, "strong-m")


def test_a_publisher_is_judged_as_in_life():
    """One that the platform does not list is dead; one that it lists makes the message verified."""
    assert destination("{ platform: discord, publisher: x }") == {"dead": "untrusted_publisher"}
    assert destination("{ platform: discord, publisher: hub-b }")["model"] == "base-m"
    assert destination("{ platform: discord, publisher: hub-a }")["model"] == "vouched-m"


def test_without_a_publisher_one_of_the_platform_is_taken():
    """The first that the platform lists, by name; where it lists none there is none."""
    assert destination("{ platform: discord }")["model"] == "vouched-m"
    assert destination("{ platform: other }")["model"] == "base-m"


def test_publishers_count_where_trust_is_open():
    """Open trust says which platform a message is from, not that anybody may publish for it."""
    head = f"trust: open\n{TABLE}"
    given = "{ platform: discord, publisher: x }"
    assert destination(given, head=head) == {"dead": "untrusted_publisher"}


def test_verified_as_it_is_stated():
    """A stated `verified` stands, whatever the publisher makes of it."""
    assert destination("{ platform: discord, verified: false }")["model"] == "base-m"
    stated = "{ platform: other, publisher: hub-a, verified: true }"
    assert destination(stated)["model"] == "vouched-m"


def test_a_variant_is_that_of_the_conversation():
    """A split gives the variant that this conversation has in life, and the rule's queue."""
    ends = [
        destination(f"{{ platform: slack, conversation_id: c{number} }}") for number in range(20)
    ]
    assert {(end["variant"], end["model"], end["queue"]) for end in ends} == {
        ("0", "a-m", "slow"),
        ("b", "b-m", "slow"),
    }


def test_metadata_compares_by_how_it_is_written():
    """A number in `metadata` is the text that JSON would have, its last zero included."""
    assert destination("{ platform: other, metadata: { tier: 1.10 } }")["model"] == "gold-m"
    assert destination("{ platform: other, metadata.tier: 1.1 }")["model"] == "base-m"


def test_media_make_the_fact():
    """`media_urls` is what `has_media` follows from."""
    given = "{ platform: other, media_urls: [https://x/a.png] }"
    assert destination(given)["model"] == "eyes-m"


def test_an_override_is_granted_as_in_life():
    """The owner may name a runtime and a stranger may not."""
    end = destination("{ platform: cli, override: { runtime: codex } }")
    assert (end["model"], end["reason"], end["route"]) == ("gpt", "runtime", "runtimes.codex")
    assert destination("{ platform: other, override: { runtime: codex } }")["reason"] == "base"


def test_too_many_hops_are_a_loop():
    """The limit is the process's."""
    assert destination("{ platform: cli, hops: 9 }") == {"dead": "loop"}
    assert destination("{ platform: hub, user_id: a, agent_id: a }") == {"dead": "loop"}
    assert "dead" not in destination("{ platform: cli, hops: 9 }", max_hops=9)


def test_a_fault_of_ours_is_a_dead_letter(monkeypatch):
    """If deciding raises in a table that denies, the test sees what life would: internal_error."""

    def fail(*_arguments):
        raise AttributeError

    monkeypatch.setattr("routing.decide.routing_context", fail)
    end = destination("{ platform: cli }")
    assert end == {"dead": "internal_error", "source_kind": "owner"}
