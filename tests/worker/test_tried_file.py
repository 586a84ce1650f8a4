"""What a table's tests say is what a delivery's way is."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.decide import Router
from routing.destination import EXPECTABLE
from routing.load_table import load_table
from routing.origin import EXCHANGE
from routing.tried_test import try_test
from tests.routing.loading import report
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.turn import DeadLetter

TABLE = """\
model:
  default: base-m
  provider: custom
  api_key: ${KEY}
  routes:
    - { match: { chat_id: banned, platform: { not: hub } }, deny: true, name: banned }
    - { match: { time: { hours: "22:00-07:00" } }, model: night-m }
    - { match: { metadata.n: [1.10, "true", gold] }, model: gold-m, queue: gold }
    - { match: { text.words: { gte: 3 }, has_media: "true" }, model: eyes-m }
    - { match: { hops: { gt: 5 } }, model: far-m }
    - { match: { publisher: hub-b, verified: "true" }, model: vouched-m }
    - { match: { user_id: "7", purpose: turn }, model: seven-m }
    - match: { chat_type: group }
      split: [{ weight: 1 }, { weight: 2, name: b, model: b-m, base_url: "https://b" }]
    - { match: { platform: "hub:slate" }, model: slate-m }
  platforms: { telegram: { model: phone-m } }
  by_source: { owner: { model: strong-m, api_mode: x } }
runtimes: { codex: { model: gpt } }
models: [turbo-m]
platforms:
  telegram: { home_channel: "42", channel_overrides: { 9: nine-m } }
  discord: { publishers: [hub-a, hub-b] }
"""
CHOICES: dict[str, list[Any]] = {
    "chat_id": ["42", "9", "banned"],
    "chat_type": ["dm", "group"],
    "user_id": ["7", "8"],
    "thread_id": ["9"],
    "profile": ["p"],
    "agent_id": ["a", "7"],
    "purpose": ["turn", "memory_flush", "btw"],
    "message_type": ["photo"],
    "conversation_id": ["c1", "c2", "c3"],
    "hops": [0, 6, 9],
    "text": ["one two three", "hi"],
    "media_urls": [["https://x/a.png"]],
    "metadata": [{"n": "1.10"}, {"n": True}, {"n": "gold", "x": [1, None]}, {"n": 1}],
    "override": [{"model": "turbo-m"}, {"model": "night-m"}, {"runtime": "codex"}, {"model": "no"}],
}
SOURCE = ("chat_id", "chat_type", "user_id", "thread_id", "profile")
PLATFORMS = ["telegram", "discord", "hub", "hub:slate", "cli", "cron", "webhook", "other"]
facts = st.fixed_dictionaries(
    {"platform": st.sampled_from(PLATFORMS)},
    optional={key: st.sampled_from(values) for key, values in CHOICES.items()},
)
moments = st.sampled_from(["2026-03-01T12:00:00Z", "2026-03-01T23:30:00+01:00"])


def delivery(message, publisher):
    """The message as its platform's feeder would publish it."""
    rest = {key: value for key, value in message.items() if key not in (*SOURCE, "platform")}
    source = {key: message[key] for key in (*SOURCE, "platform") if key in message}
    body = json.dumps({"text": "hello", **rest, "source": source}).encode()
    exchange = EXCHANGE + message["platform"].partition(":")[0]
    return Delivery(1, body, exchange, "rk", Properties(user_id=publisher))


def end_of(turn):
    """Everything that a test can expect of what the main path made."""
    if isinstance(turn, DeadLetter):
        return {"dead": turn.reason, "source_kind": turn.known.source_kind}
    job = json.loads(turn.publication.body)
    end = {**job["runtime"], **job["route"], "source_kind": job["source"]["source_kind"]}
    return {**end, "route": end["name"], "queue": turn.publication.routing_key}


@settings(max_examples=300)
@given(facts, moments, st.sampled_from([None, "hub-a", "hub-b", "hub-c"]))
def test_a_test_goes_the_way_of_a_delivery(message, at, publisher):
    """Whatever the message, its test ends as the main path ends it when it is delivered."""
    stated = message if publisher is None else {**message, "publisher": publisher}
    test = json.dumps({"given": stated, "at": at, "expect": {"model": "m"}})
    loaded = load_table(f"{TABLE}tests: [{test}]\n".encode(), {})
    assert loaded.table is not None, report(loaded)
    router = Router(loaded.table)
    tried = try_test(loaded.tests[0], router, datetime(2000, 1, 1, tzinfo=UTC), 8).destination

    if publisher is None and message["platform"] == "discord":
        publisher = "hub-a"  # a test that states none has one that the platform lists
    stamp = Stamp(datetime.fromisoformat(at), sequence=0)
    made = Pipeline(router, Limits(max_hops=8))(delivery(message, publisher), stamp)
    expected = end_of(made)
    if expected.get("dead") == "denied":
        expected["route"] = "banned"
    assert {what: tried.get(what) for what in EXPECTABLE} == {
        what: expected.get(what) for what in EXPECTABLE
    }
