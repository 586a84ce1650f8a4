import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.load_table import load_table
from routing.problem import Severity

GOOD = b"""\
model:
  default: my-fast-model
  provider: custom
  api_key: ${DEFAULT_KEY}
  base_url: https://example.com/v1
  routes:
    - match: { source_kind: owner, metadata.tier: gold }
      model: my-strong-model
      api_key: ${OWNER_KEY}
    - &rule
      match: { platform: 'hub:slate' }
      args: [--fast, "${FLAG:-no}"]
    - { <<: *rule, match: { chat_id: -100123, text.words: 3 } }
  platforms: { hub: peer-model, telegram: { api_key_env: TELEGRAM_KEY } }
  by_source: { owner: { model: my-strong-model }, stranger: { } }
runtimes:
  codex: { model: gpt, provider: p, api_key_file: /k, base_url: https://c, api_mode: x }
models: [turbo-m]
overrides: { owner: any, stranger: none }
hub_platforms: [hub]
group_conversations: per_user
platforms:
  telegram: { home_channel: { chat_id: 42, thread_id: 7 }, publishers: [hub-telegram] }
owners: { telegram: ["42"] }
spoofable_platforms: [webhook]
trust: exchange
tests:
  - { name: t, given: { platform: 'hub:slate', hops: 3, metadata: { n: 1.0 } }, expect: { model: m } }
  - { given: { platform: cli, text: "" , media_urls: [u] }, at: "2026-03-01T23:30:00+01:00",
      expect: { credential: env:A, variant: } }
worker: { prefetch: 10, amqp_url: "amqp://${HOST:-localhost}/" }
"""
WORDS = [word.encode() for word in (
    "${A} ${A:-{x}} ${ $${A} null ~ '' \"\" [] {} : , - & * &a *a *rule << ! !!str !x | > % @ ` # "
    "? --- ... [ ] { } ' \" \\ \\ud800 \\x00 model match routes platform hub:slate Hub owner 0123 "
    "\t \n \r \x85 \u2028 \ufeff \ud7ff é 😀 \U0010fff0 api_key args worker"
).split(" ")] + [b"\n", b"\n  ", b"  ", b": ", b"\x00", b"\xff", b"\xed\xa0\x80"]  # fmt: skip


def check(data):
    """A table or errors, never both and never neither; every problem stands in the file."""
    loaded = load_table(data, {"A": "a\n: {", "HOST": ""})
    errors = [found for found in loaded.problems if found.severity is Severity.ERROR]
    assert (loaded.table is None) == bool(errors)
    last = data.count(b"\n") + data.count(b"\r") + data.count("\x85".encode()) + 1
    last += data.count("\u2028".encode()) + data.count("\u2029".encode())
    for problem in loaded.problems:
        assert 1 <= problem.line <= last
        assert problem.column >= 1
        assert "\n" not in problem.render("t.yaml")
        assert problem.render("t.yaml").encode()


def test_the_good_table_is_good():
    """What is mutated here has no problem to begin with but two warnings."""
    loaded = load_table(GOOD, {})
    assert loaded.table is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_errors(data):
    """No bytes make loading raise."""
    check(data)


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_errors(text):
    """No text makes loading raise."""
    check(text.encode(errors="surrogatepass"))


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_pieces_of_yaml_are_a_table_or_errors(words):
    """No heap of YAML's own marks makes loading raise."""
    check(b" ".join(words))


edits = st.lists(
    st.tuples(
        st.integers(0, len(GOOD)),
        st.integers(0, 12),
        st.one_of(st.sampled_from(WORDS), st.binary(max_size=3)),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=400)
@given(edits)
@example([(0, 0, b"\xef\xbb\xbf")])
@example([(0, len(GOOD), b"")])
@example([(0, len(GOOD), b"{")])
def test_a_damaged_table_is_a_table_or_errors(edits):
    """A good table with pieces cut out and others put in is told what is wrong with it."""
    data = GOOD
    for at, cut, put in edits:
        data = data[:at] + put + data[at + cut :]
    check(data)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["owner", "hub", "${A}", "1.5", "9999-12-31T23:59:59-01:00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=5)
        | st.sampled_from(
            "match model platform api_key chat_id home_channel hub given expect at metadata".split()
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
SECTIONS = [
    "model", "runtimes", "models", "overrides", "hub_platforms", "group_conversations",
    "platforms", "owners", "spoofable_platforms", "trust", "worker", "tests",
]  # fmt: skip
RULES = [
    "default",
    "routes",
    "platforms",
    "by_source",
    "api_key",
    "api_key_env",
    "args",
    "base_url",
]
model = st.dictionaries(st.sampled_from(RULES), values, max_size=5)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(SECTIONS), values, max_size=6), model | values)
def test_any_values_anywhere_are_a_table_or_errors(sections, model):
    """Whatever stands under the keys of a table, loading does not raise."""
    check(json.dumps({**sections, "model": model}).encode())
