import re
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts import PlatformName
from routing.classify import classify
from routing.context import routing_context
from routing.decide import Router
from tests.routing.loading import load, report
from tests.routing.tables import message

PLATFORMS = ("cli", "cron", "hub", "telegram", "webhook", "x:a")
TEXTS = {
    "platform": [*PLATFORMS, "x", "x:b", "hub:a"],
    "source_kind": ["owner", "hub_peer", "stranger", "cron"],
    "chat_type": ["dm", "group"],
    "user_id": ["1", "2"],
    "chat_id": ["1", "2"],
    "thread_id": ["1"],
    "instance": ["a", "b"],
}


def conditions(key, patterns):
    """Every form of condition that is judged exactly, and others where they are asked for."""
    text: st.SearchStrategy = st.sampled_from(TEXTS[key])
    some: st.SearchStrategy = text | st.lists(text, min_size=1, max_size=3)
    operators = {"in": some, "not": some, "exists": st.sampled_from(["true", "false"])}
    if patterns:
        inner = {"prefix": text, "suffix": text, "glob": st.sampled_from(["*", "?", "t*"])}
        inner["regex"] = st.sampled_from(["1|2", "d.", "x?"])
        operators |= inner
        inverted = st.fixed_dictionaries({}, optional={"in": some, **inner}).filter(bool)
        operators["not"] = some | inverted
    mapping = st.fixed_dictionaries({}, optional=operators).filter(lambda each: 0 < len(each) < 3)
    return some | mapping


def matches(*, patterns=False):
    """A match of up to three conditions."""
    keys = st.lists(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=3, unique=True)
    return keys.flatmap(
        lambda found: st.fixed_dictionaries({key: conditions(key, patterns) for key in found})
    )


sections = st.fixed_dictionaries(
    {},
    optional={
        "hub_platforms": st.lists(st.sampled_from(["hub", "telegram", "cli", "cron"]), max_size=2),
        "spoofable_platforms": st.lists(st.sampled_from(["webhook", "telegram", "x"]), max_size=2),
        "platforms": st.dictionaries(
            st.sampled_from(["telegram", "webhook", "hub", "x"]),
            st.fixed_dictionaries(
                {"home_channel": st.sampled_from(["1", "2", {"chat_id": "1", "thread_id": "1"}])}
            ),
            max_size=2,
        ),
        "owners": st.dictionaries(st.sampled_from(["telegram", "x"]), st.just(["1"]), max_size=1),
    },
)


def every_message():
    """Every message of a small world: its platform, chat, sender and what it claims to be."""
    ids = ("1", "2", "3", None)
    platforms = ("cli", "cron", "hub", "hub:a", "hub:b", "hub:c", "telegram", "telegram:a",
                 "webhook", "webhook:b", "cli:a", "cron:b", "x", "x:a", "x:b", "x:c", "y", "y:a",
                 "y:b", "y:c", "telegram:b", "telegram:c", "webhook:a", "webhook:c", "cli:b",
                 "cli:c", "cron:a", "cron:c")  # fmt: skip
    for platform, chat_type, chat_id, user_id, thread_id, claim in product(
        platforms, ("dm", "group", "other", None), ids, ids, ("1", "2", None), ("stranger", None)
    ):
        fields = {"chat_type": chat_type, "chat_id": chat_id, "user_id": user_id}
        yield platform, fields | {"thread_id": thread_id}, claim


WORLD = [
    (PlatformName.parse(platform), message(source, source_kind=claim))
    for platform, source, claim in every_message()
]


def reached(loaded):
    """The names of the rules that some message of the small world is for."""
    found = set()
    router = Router(loaded)
    seen = set()
    for platform, each in WORLD:
        kind = classify(each, platform, loaded).source_kind
        context = routing_context(each, platform, kind, loaded)
        facts = (str(platform), *map(context.fact, TEXTS))
        if facts not in seen:
            seen.add(facts)
            rule = router.match(context)
            found.add(rule and rule.name)
    return found


def told_and_reached(found, rest):
    """The rules that are told, those that are reached, and all of them."""
    written = [{"match": match, "model": f"m{at}"} for at, match in enumerate(found)]
    loaded = load({"model": {"default": "m", "routes": written}, **rest})
    # A match may ask for two instances, or mix platforms with instances.
    assume(loaded.table is not None)
    told = set(re.findall(r"`([^`]+)` can never match", report(loaded)))
    return told, reached(loaded.table), {rule.name for rule in loaded.table.rules}


@settings(max_examples=25, deadline=None)
@given(st.lists(matches(), min_size=1, max_size=6), sections)
def test_the_rules_told_are_those_that_no_message_reaches(found, rest):
    """For equality, lists, `in`, `not` and `exists`, a small world searched whole agrees exactly."""
    told, met, every = told_and_reached(found, rest)
    assert told == every - met


@settings(max_examples=25, deadline=None)
@given(st.lists(matches(patterns=True), min_size=1, max_size=6), sections)
def test_a_rule_told_as_unreachable_is_never_reached(found, rest):
    """Whatever the operators, no message of the small world is routed by a rule that was told."""
    told, met, _ = told_and_reached(found, rest)
    assert not told & met
