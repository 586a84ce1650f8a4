"""What is wrong with a table or a broker URL is told without the key in it: `run`, as it ends.

`tests/broker/test_secret_exits.py` is about a `run` that goes well.
"""

import pytest

from tests.broker.service import PointsmanRun

KEY = "canary-key-"  # every key below begins with it, and nothing else does
VARIABLES = {"SOME_KEY": f"{KEY}in-a-variable"}


@pytest.mark.parametrize(
    "text",
    [
        f"model: {{default: m, api_key: '{KEY}' , provider: [}}",
        f"model: {{default: m, api_key: ['{KEY}']}}",
        f"model: {{default: m, api_key: 'x${{SOME_KEY}}{KEY}'}}",
        f"model: {{default: m, api_key: '${{SOME_KEY:-{KEY}}}'}}",
        f"model: {{default: m, api_key_env: '{KEY}'}}",
        f"model: {{default: m, api_key: a, api_key_env: '{KEY}'}}",
        f"model: {{default: m, api_kye: '{KEY}'}}",
        f"model: {{api_key: '{KEY}'}}",
        f"model: m\nworker: {{amqp_url: 'amqps//u:{KEY}@h/'}}",
        f"model: m\nworker: {{amqp_url: 'http://u:{KEY}@h/'}}",
        f"model: m\nruntimes: {{a: {{api_key: '{KEY}'}}}}",
    ],
)
def test_a_table_that_cannot_be_used_is_not_quoted(tmp_path, text):
    """What is wrong with a table is told by place and name, without the key beside it."""
    run = PointsmanRun("amqp://127.0.0.1:1/", text, tmp_path, environ=VARIABLES)
    run.wait_exit(2)
    assert run.complaints
    assert KEY not in run.text


@pytest.mark.parametrize(
    "url", [f"amqp//u:{KEY}@h/", f"amqp://u:{KEY}@h:port/", f"amqp://u:{KEY}@[::1/", KEY]
)
def test_a_broker_url_that_cannot_be_used_is_not_quoted(tmp_path, url):
    """An unreadable broker URL is not repeated: it holds a password."""
    run = PointsmanRun(url, "model: m", tmp_path)
    run.wait_exit(2)
    assert run.complaints
    assert KEY not in run.text
