import pytest

from tests.routing.loading import errors, load, report, table, warnings

PLACES = {
    "model": "model: {{default: m, {}}}",
    "model.routes[1]": "model: {{default: m, routes: [{{match: {{platform: x}}}}, {{match: {{platform: y}}, {}}}]}}",
    "model.platforms.hub:slate": "model: {{default: m, platforms: {{'hub:slate': {{{}}}}}}}",
    "model.by_source.stranger": "model: {{default: m, by_source: {{stranger: {{{}}}}}}}",
    "runtimes.codex": "model: m\nruntimes: {{codex: {{model: g, {}}}}}",
}


def credentials(text):
    """Every credential in a table: the base's, the last rule's, the runtimes'."""
    loaded = table(text)
    rules = [rule.runtime.credential for rule in loaded.rules]
    named = [runtime.credential for runtime in loaded.runtimes.values()]
    return [loaded.base.credential, *rules, *named]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("api_key: ${OWNER_KEY}", "env:OWNER_KEY"),
        ("api_key: ' ${OWNER_KEY} '", "env:OWNER_KEY"),
        ("api_key_env: OWNER_KEY", "env:OWNER_KEY"),
        ("api_key_file: /run/secrets/owner", "file:/run/secrets/owner"),
        ("api_key: null, api_key_env: OWNER_KEY, api_key_file: ''", "env:OWNER_KEY"),
    ],
)
def test_a_key_becomes_a_reference(place, written, reference):
    """Wherever it may stand, a key is a reference to a variable or a file, which need not exist."""
    assert reference in credentials(PLACES[place].format(written))


@pytest.mark.parametrize("place", PLACES)
def test_a_key_written_out_becomes_its_place(place):
    """A key written out is `config:` and its path, with a warning at its place, never the key."""
    text = PLACES[place].format("api_key: canary-1")
    loaded = load(text)
    assert f"config:{place}.api_key" in credentials(text)
    assert loaded.written_keys == {f"config:{place}.api_key": "canary-1"}
    assert f"`{place}.api_key` is a key written out" in report(loaded)
    assert "canary" not in report(loaded)
    assert "canary" not in repr(loaded)


@pytest.mark.parametrize("written", ["sk-canary", "${KEY}"])
def test_a_key_where_the_path_of_its_file_belongs_is_an_error(written):
    """A path travels in jobs as it is, so what looks like a key is none, and is not quoted."""
    told = errors(f"model: {{default: m, api_key_file: '{written}'}}", KEY="sk-canary")
    assert "`model.api_key_file` is the path of a file, and holds a key" in told
    assert "canary" not in told


@pytest.mark.parametrize("written", ["42", "no", "0123", "'$KEY'", "a$b", "env:X"])
def test_a_key_written_out_is_the_text_it_was_written_with(written):
    """A key is text however it looks."""
    loaded = load(f"model: {{default: m, api_key: {written}}}")
    assert list(loaded.written_keys.values()) == [written.strip("'")]


@pytest.mark.parametrize("written", ["''", "null", "~", "' '", "[]"])
def test_an_empty_key_is_no_opinion(written):
    """An empty key inherits, and is no key written out."""
    text = f"model: {{default: m, api_key: '${{B}}', by_source: {{cron: {{api_key: {written}}}}}}}"
    assert credentials(text) == ["env:B", "env:B"]
    assert warnings(text) == ""


@pytest.mark.parametrize(
    "written",
    [
        "api_key: canary-1${K}",
        "api_key: ${K}canary-1",
        "api_key: ${K}${L}",
        "api_key: ${K:-canary-1}",
        "api_key: ${K:-}",
        "api_key: ${canary-1}",
        "api_key: '${canary-1'",
        "api_key: [canary-1]",
        "api_key: {canary-1: x}",
        "api_key_env: ${canary_1}",
        "api_key_env: canary-1",
        "api_key_env: [canary-1]",
        "api_key_file: {canary-1: x}",
        "api_key: canary-1, api_key_env: K",
        "api_key_env: K, api_key_file: /canary-1",
        "base_url: 'https://user:canary-1@host/v1'",
        "base_url: 'https://canary-1@host'",
        "base_url: '//canary-1@host'",
        "base_url: 'user:canary-1@host/v1'",
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_a_key_written_otherwise_is_an_error_that_does_not_quote_it(place, written):
    """Mixed, defaulted, misplaced, doubled or inside a URL: an error without the key in it."""
    text = PLACES[place].format(written)
    assert errors(text, K="canary-2", canary_1="canary-3")
    assert "canary" not in report(load(text, K="canary-2", canary_1="canary-3"))


def test_a_key_beside_its_colon_is_not_quoted():
    """`api_key:…` without its space is an error, and does not become a model, a key or a message."""
    for text in (
        "model:\n  api_key:canary-1\n",
        "model: {default: m, api_key:canary-1}",
        "model:\n  default: m\n  routes:\n    - {match: {platform: x}, api_key:canary-1}",
        "model: m\nruntimes: {a: {model: m, 'api_key=canary-1': x}}",
    ):
        assert "error" in errors(text)
        assert "canary" not in report(load(text))


def test_an_at_sign_in_a_path_is_no_password():
    """A base URL may have an `@` after its host."""
    url = "https://host/v1/@me?a=b@c"
    assert table({"model": {"default": "m", "base_url": url}}).base.base_url == url


def test_a_password_from_a_variable_is_an_error_that_does_not_quote_it():
    """A base URL whose password comes from a variable is an error without its value."""
    text = {"model": {"default": "m", "base_url": "https://u:${P}@h"}}
    assert "canary" not in errors(text, P="canary-1")
