"""A table that cannot be used is told of by place and name, never with the key that stands there."""

import json

import pytest

from tests.secrets.marker import found
from tests.secrets.places import SECRET, TABLE, Written
from worker.config_file import check_file

# What may stand where a key belongs; `§` is the key, in the file as JSON, which is YAML.
INSTEAD_OF_A_KEY = [
    '["§"]',
    '{"§": "x"}',
    '{"x": "§"}',
    '{"§"}',
    "{§: §}",
    "{§}",
    "[[§]]",
    "[§",
    '"§',
    "'§",
    '"§\\q"',
    '"§\\u00zz"',
    '"§" "§"',
    '"§": "§"',
    '"a": "§"',
    "§: x",
    "? §",
    "- §",
    "&§ x",
    "&§",
    "*§",
    "!§ x",
    "!!§ x",
    "!<§> x",
    "!a!§ x",
    "@§",
    "`§",
    "%§",
    "|§",
    "\t§\n\t§",
    '"§\\n§"',
    '"§\\u0000"',
    '"§\\ud800"',
    '"${§}"',
    '"${§"',
    '"${§:-}"',
    '"x${SOME_KEY}§"',
    '"${SOME_KEY:-§}"',
    '"$${§}"',
    '"§", "api_key": "§"',
    '"§", "api_key_env": "§"',
    '"§", "api_key_file": "§"',
    '"§", "api_key_env": ["§"]',
    '"§", "api_kye": "§"',
    '"§", "api_key:§": "§"',
    '"§", "api_key=§": "§"',
    '"§", "api_key §": "§"',
    '"§", "api_key": {"§": "§"}',
    '"§", api_key:§',
    '"§", "<<": "§"',
    '"§", "<<": {"api_key": ["§"]}',
    '"§", "base_url": "https://u:§@h/v1"',
    '"§", "base_url": "https://§@h"',
    '"§", "base_url": "§:§@h"',
    '"§", "params": {"token": "§"}',
    '"§", "params": {"headers": [{"Authorization": "§"}]}',
    '"§", "sk-§": "x"',
    '"§", "params": {"sk-§": {"token": "§"}}',
]
_KEY = '"§"'
SETTINGS = [
    "amqp//u:§@h/",
    "http://u:§@h/",
    "amqp://u:§@h:port/",
    "amqp://u:§@h:99999/",
    "amqp://u:§@[::1/",
    "amqp://u:a/§@h/",
    "amqp://u:a#§@h/",
    "amqp://u:§@",
    "amqp://u:§@h/,§",
    "§",
    "${SOME_KEY}",
    "amqp//u:${SOME_KEY}@h/",
    "${§}:${§",
]


@pytest.fixture
def told(tmp_path):
    """Checks a table, given as text with `§` for a key; returns what is told, and the keys found in it."""
    file = tmp_path / "t.yaml"

    def check(text):
        written = Written()
        parts = text.split("§")
        keys = [written.mark(f"key {number}") for number in range(1, len(parts))]
        file.write_text(parts[0] + "".join(map("".join, zip(keys, parts[1:], strict=True))))
        checked = check_file(file, {"SOME_KEY": written.mark("variable"), "NAMED_KEY": "x"})
        lines = [problem.render(checked.name) for problem in checked.problems]
        shown = "\n".join([*lines, repr(checked), repr(checked.config)])
        return shown, found(shown, written.secrets)

    return check


@pytest.mark.parametrize("text", INSTEAD_OF_A_KEY)
def test_no_key_is_quoted_wherever_it_is_written_wrongly(text, told):
    """Whatever stands where a key belongs, in all places where one does: no piece of it is told."""
    table = json.dumps(TABLE).replace(SECRET, "§")
    first, rest = table.split(_KEY, 1)
    for wrong in (f"{first}{text}{rest}", table.replace(_KEY, text)):
        shown, keys = told(wrong)
        assert keys == [], shown
        assert ": error: " in shown or ": warning: " in shown


@pytest.mark.parametrize("text", SETTINGS)
def test_no_password_is_quoted_from_a_broker_url(text, told):
    """A broker URL that cannot be used is told by its place."""
    shown, keys = told(json.dumps({"model": "m", "worker": {"amqp_url": text}}, ensure_ascii=False))
    assert keys == []
    assert "`worker.amqp_url`: " in shown
