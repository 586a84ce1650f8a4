from functools import cache
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import PlatformName
from routing.changed_settings import changed_settings
from routing.classify import classify
from routing.context import Circumstances
from routing.decide import Router
from routing.difference import difference
from tests.routing.loading import table as load
from tests.routing.tables import message

PLATFORMS = ("telegram", "hub", "webhook", "cron", "cli")
names = st.lists(st.sampled_from(PLATFORMS), unique=True, max_size=2)
policies = st.sampled_from(["none", "none", "listed", "any"])
rule_lists = st.lists(
    st.sampled_from(
        [
            {"match": {"platform": "telegram", "user_id": "7"}, "model": "x"},
            {"match": {"user_id": {"exists": False}, "chat_type": "group"}, "model": "y"},
            {"match": {"source_kind": ["owner", "cron"]}, "model": "x", "queue": "q"},
        ]
    ),
    unique_by=str,
    max_size=2,
)


def _platforms(homes, signing):
    found: dict[str, dict[str, object]] = {each: {"home_channel": "42"} for each in homes}
    for each in signing:
        found[each] = {**found.get(each, {}), "signing_keys": {"k1": "env:K"}}
    return found


sections = st.fixed_dictionaries(
    {
        "hub_platforms": names,
        "spoofable_platforms": names,
        "owners": names.map(lambda listed: {each: ["7"] for each in listed}),
        "platforms": st.tuples(names, names).map(lambda listed: _platforms(*listed)),
        "overrides": st.fixed_dictionaries(
            dict.fromkeys(["owner", "cron", "hub_peer", "stranger"], policies)
        ),
        "models": st.lists(st.sampled_from(["m", "x", "z"]), unique=True, max_size=2),
        "runtimes": st.sampled_from([{}, {"r": {"model": "z"}}, {"r": {"model": "x"}}]),
    }
)


@st.composite
def edits(draw):
    """A table and what became of it: a few of its sections are others."""
    old = draw(sections)
    new = {**old, **{name: draw(sections)[name] for name in draw(st.sets(st.sampled_from([*old])))}}
    model = {"default": "m", "routes": draw(rule_lists)}
    return load({"model": model, **old}), load({"model": model, **new})


@cache
def _messages():
    facts = product(
        PLATFORMS,
        ("dm", "group"),
        ("42", None),
        ("7", None),
        ("stranger", None),
        ({}, {"runtime": "r"}, {"model": "m"}, {"model": "x"}, {"model": "z"}),
    )
    return [
        (PlatformName.parse(platform), message(_source(chat, kind, user, claim), override=wish))
        for platform, kind, chat, user, claim, wish in facts
    ]


def _source(chat, kind, user, claim):
    return {"chat_type": kind, "chat_id": chat, "user_id": user, "source_kind": claim}


def _decided(router, platform, each):
    signed = platform.platform in router.table.signing_keys
    kind = classify(each, platform, router.table, signed=signed).source_kind
    decision = router.decide(each, platform, kind, Circumstances(verified=signed, signed=signed))
    return kind, decision.runtime, decision.queue


@settings(max_examples=150)
@given(edits())
def test_where_nothing_is_told_no_message_goes_elsewhere(pair):
    """Tables that differ in no context and no setting decide every message of a small world alike."""
    old, new = pair
    if changed_settings(old, new) or difference(old, new).groups:
        return
    before, after = Router(old), Router(new)
    for platform, each in _messages():
        assert _decided(before, platform, each) == _decided(after, platform, each)
