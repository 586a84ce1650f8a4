"""What goes with what: the words and the length of a text, a platform and its publishers."""

import re
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import InboundMessage, PlatformName, SourceKind
from routing.context import Circumstances, routing_context
from routing.decide import Router
from tests.routing.loading import load, report

LISTED = {"a": ["u", "v"], "b": ["w"]}
NUMBERS = {"text.words": 3, "text.length": 6}
TEXTS = {
    "text.simple": ["true", "false"],
    "platform": ["a", "b", "c"],
    "verified": ["true", "false"],
    "publisher": ["u", "v", "w", "x"],
}


def conditions(key):
    """Every form of condition that is judged exactly."""
    if key in NUMBERS:
        number = st.integers(0, NUMBERS[key])
        bound = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), number, min_size=1)
        texts = number.map(str)
    else:
        bound = st.nothing()
        texts = st.sampled_from(TEXTS[key])
    some = texts | st.lists(texts, min_size=1, max_size=3)
    return some | st.fixed_dictionaries({"not": some}) | bound


def matches(*keys):
    """A match of one or two conditions."""
    return st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True).flatmap(
        lambda found: st.fixed_dictionaries({key: conditions(key) for key in found})
    )


def every_text():
    """A text of each number of words and each length, simple and not."""
    for words, length in product(range(6), range(14)):
        if length >= 2 * words - 1:
            text = " ".join("a" * words).ljust(length)
            yield text
            yield text.replace("a", "`", 1)


def every_origin(publishers, signing):
    """Each platform with each of those who may publish for it, signed where it has to be.

    Each of their messages may come once more, redriven.
    """
    for platform in ("a", "b", "c", "d"):
        listed = publishers.get(platform)
        signed = platform in signing
        for user in listed or ("u", "v", "w", "x", "y", None):
            verified = signed or listed is not None
            yield platform, Circumstances(user, verified=verified, signed=signed)
            yield platform, Circumstances(user, verified=False, signed=signed)


def told_and_missed(found, platforms, world):
    """The rules that are told as hidden, and those that no message of a world is for."""
    routes = [{"match": match, "model": f"m{at}"} for at, match in enumerate(found)]
    loaded = load({"model": {"default": "m", "routes": routes}, "platforms": platforms})
    assert loaded.table is not None
    router, met = Router(loaded.table), set()
    for text, platform, circumstances in world:
        each = InboundMessage(text=text, media_urls=("https://a.example/1",))
        name = PlatformName(platform)
        rule = router.match(
            routing_context(each, name, SourceKind.STRANGER, loaded.table, circumstances)
        )
        met.add(rule and rule.name)
    told = set(re.findall(r"`([^`]+)` can never match", report(loaded)))
    return told, {rule.name for rule in loaded.table.rules} - met


@settings(max_examples=100, deadline=None)
@given(st.lists(matches("text.words", "text.length", "text.simple"), min_size=1, max_size=5))
def test_words_and_length_are_judged_as_those_of_one_text(found):
    """A rule is told exactly where no text of a small world gets to it."""
    world = [(text, "c", Circumstances()) for text in every_text()]
    told, missed = told_and_missed(found, {}, world)
    assert told == missed


@settings(max_examples=100, deadline=None)
@given(
    st.lists(matches("platform", "verified", "publisher"), min_size=1, max_size=5),
    st.sampled_from([{}, LISTED, {"a": ["u"]}]),
    st.sampled_from([(), ("a",), ("c",)]),
)
def test_publishers_are_judged_as_those_that_platforms_list(found, publishers, signing):
    """A rule is told exactly where nobody who may publish, and has signed, a message gets to it."""
    world = [("hi", *origin) for origin in every_origin(publishers, signing)]
    platforms = {name: {"publishers": users} for name, users in publishers.items()}
    for name in signing:
        platforms[name] = {**platforms.get(name, {}), "signing_keys": {"k1": f"env:{name}"}}
    told, missed = told_and_missed(found, platforms, world)
    assert told == missed
