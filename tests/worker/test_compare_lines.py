import json
from datetime import UTC, datetime

import pytest

from contracts import sign
from tests.routing.loading import table as load
from worker.compare_lines import Side, compare_lines
from worker.pipeline.pipeline import Limits

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
OLD = "model: {default: m, routes: [{match: {platform: slack}, model: a, params: {t: 0.5}}]}"


def side(text, **limits):
    return Side(load(text), Limits(**limits), "")


def line(platform, **message):
    return json.dumps({"exchange": f"in.{platform}", "body": {"text": "hi", **message}}).encode()


def test_a_message_that_both_decide_alike_stays():
    """Names, places and digests of rules do not make a message go elsewhere."""
    new = "# now with a rule above\n" + OLD.replace(
        "{match: {platform: slack}", "{match: {platform: x}}, {name: chat, match: {platform: slack}"
    )
    lines = [line("slack"), line("x"), line("cron")]
    tally, bad = compare_lines(lines, side(OLD), side(new), NOW)
    assert (tally.messages, tally.moved, bad.count) == (3, 0, 0)


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ("priority: 1", "priority: 2", ("priority",)),
        ("expires_in: 60s", "expires_in: 61s", ("expires_in",)),
        ("queue: one", "queue: two", ("queue",)),
        ("fallbacks: [{model: f}]", "fallbacks: [{model: g}]", ("fallbacks",)),
        ("params: {t: 1.0}", "params: {t: 1}", ("params",)),
        (
            "split: [{weight: 1, name: one}]",
            "split: [{weight: 1, name: two}]",
            ("variant",),
        ),
    ],
)
def test_all_of_a_job_that_a_runner_could_tell_is_compared(was, now, changed):
    """A message goes elsewhere if any part of its runtime, or of how it gets there, is another."""
    rule = "model: {default: m, routes: [{match: {platform: slack}, %s}]}"
    tally, _ = compare_lines([line("slack")], side(rule % was), side(rule % now), NOW)
    (group,) = tally.groups
    assert group.move.changed == changed


def test_overrides_are_obeyed_as_in_service():
    """A message that chooses its model goes elsewhere where the choice is no longer obeyed."""
    asked = line("cli", override={"model": "a"})
    tally, _ = compare_lines([asked], side(OLD), side(OLD + "\noverrides: {owner: none}"), NOW)
    (group,) = tally.groups
    assert (group.move.old["model"], group.move.new["model"]) == ("a", "m")


def test_limits_and_expiry_decide_too():
    """A message that one side's limits refuse is dead there, and one that expired is by both."""
    lines = [line("slack", hops=4), line("slack", expires_at="2026-01-01T00:00:00Z")]
    tally, _ = compare_lines(lines, side(OLD), side(OLD, max_hops=3), NOW)
    (group,) = tally.groups
    assert group.move.new["dead"] == "loop"
    assert (group.examples[0].line, group.examples[0].new_route) == (1, None)
    assert tally.dead_in_both == 1


def test_lines_without_a_message_are_counted_and_told():
    """Of bad lines there are the number, and the first with what is wrong; empty lines are none."""
    lines = [b"", b"x", b'{"body": 1, "to": 2}', *[b"[]"] * 10, line("slack")]
    tally, bad = compare_lines(lines, side(OLD), side(OLD), NOW)
    assert (tally.messages, bad.count, len(bad.examples)) == (1, 12, 5)
    assert bad.examples[:2] == [(2, "it is no JSON object"), (3, "the envelope has no 'to'")]


def test_long_files_tell_how_far_they_are():
    """Now and then the number of lines read is told."""
    told: list[int] = []
    compare_lines([b""] * 45_000, side(OLD), side(OLD), NOW, told.append)
    assert told == [20_000, 40_000]


def test_a_captured_message_was_signed_if_it_names_a_key():
    """Masked and late, a message is as good as it was, for as long as its platform lists the key."""
    properties = {"headers": {"x-signature": sign(b"k", "k1", "m", b"another body", 0)}}
    was = {"exchange": "in.webhook", "body": {"text": "xx"}, "properties": properties}
    keys = "model: m\nplatforms: {webhook: {signing_keys: {%s: env:NOT_HERE}}}"
    old, new = side(keys % "k1"), side(keys % "k2")
    tally, _ = compare_lines([json.dumps(was).encode()], old, old, NOW)
    assert (tally.messages, tally.moved) == (1, 0)
    tally, _ = compare_lines([json.dumps(was).encode()], old, new, NOW)
    (group,) = tally.groups
    assert (group.move.old["model"], group.move.new["dead"]) == ("m", "bad_signature")
