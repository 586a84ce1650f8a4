"""Tables and messages at random, from so few words that rules do match."""

from hypothesis import strategies as st

from contracts import PlatformName, SourceKind
from routing.override_policy import OverridePolicy
from tests.routing.tables import BASE, CODEX, message, rule, table

PLATFORMS = ("telegram", "hub", "webhook", "cron", "cli")
MODELS = ("base-m", "a", "b", "turbo", "gpt-5.4", "made-up")
IDS = ("1", "2", "01")

FACTS = {
    "platform": PLATFORMS,
    "instance": ("one", "two"),
    "source_kind": tuple(kind.value for kind in SourceKind),
    "user_id": IDS,
    "chat_id": IDS,
    "chat_type": ("dm", "group"),
    "agent_id": IDS,
    "purpose": ("turn", "memory_flush", "background"),
    "hops": ("0", "1"),
    "text.words": ("1", "2"),
    "text.length": ("5", "11"),
    "has_media": ("true", "false"),
    "metadata.x": ("true", "1", "1.0", "", '{"a":1}'),
}

matches = st.lists(st.sampled_from(list(FACTS)), unique=True, min_size=1, max_size=3).flatmap(
    lambda keys: st.fixed_dictionaries({key: st.sampled_from(FACTS[key]) for key in keys})
)
settings_of_rules = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(("a", "b")),
        "provider": st.just("other"),
        "credential": st.just("env:RULE"),
        "args": st.just(("--x",)),
    },
)


@st.composite
def rule_lists(draw, max_size=8):
    wanted = draw(st.lists(st.tuples(matches, settings_of_rules), max_size=max_size))
    return [rule(match, index=index, **fields) for index, (match, fields) in enumerate(wanted)]


@st.composite
def tables(draw):
    return table(
        draw(rule_lists()),
        runtimes=draw(st.sampled_from([{}, {"codex": CODEX}, {"codex": CODEX, "same": BASE}])),
        models=draw(st.sampled_from([(), ("turbo",)])),
        overrides=draw(
            st.dictionaries(st.sampled_from(SourceKind), st.sampled_from(OverridePolicy))
        ),
    )


ids = st.sampled_from((None, "", *IDS))
sources = st.fixed_dictionaries(
    {},
    optional={
        "user_id": ids,
        "chat_id": ids,
        "thread_id": ids,
        "chat_type": st.sampled_from(("dm", "group", "")),
    },
)
overrides = st.fixed_dictionaries(
    {},
    optional={
        "runtime": st.sampled_from((None, "", "codex", "same", "unknown")),
        "model": st.sampled_from((None, "", *MODELS)),
        "provider": st.sampled_from(("", "theirs")),
        "args": st.sampled_from(([], ["-x"])),
    },
)
messages = st.builds(
    lambda source, fields: message(source, **fields),
    st.none() | sources,
    st.fixed_dictionaries(
        {
            "text": st.sampled_from(("hello", "hello world")),
            "purpose": st.sampled_from(FACTS["purpose"]),
            "hops": st.integers(0, 2),
        },
        optional={
            "agent_id": ids,
            "override": overrides,
            "media_urls": st.sampled_from(([], ["a.jpg"])),
            "metadata": st.fixed_dictionaries(
                {}, optional={"x": st.sampled_from((True, 1, 1.0, "", "1", None, {"a": 1}))}
            ),
        },
    ),
)
platform_names = st.builds(
    PlatformName, st.sampled_from(PLATFORMS), st.sampled_from((None, "one", "two"))
)
source_kinds = st.sampled_from(SourceKind)
