import io
import json
import sys
from datetime import datetime

import pytest

from contracts import sign
from worker.cli.app import main

TABLE = """
model:
  default: day-m
  routes:
    - {match: {time: {hours: "22:00-07:00"}}, model: night-m, expires_in: 60s}
"""
HELLO = {"message_id": "1", "text": "hi", "source": {"platform": "telegram", "chat_id": "1"}}


@pytest.fixture
def route(tmp_path, monkeypatch, capsysbinary):
    """Runs `pointsman route` on some lines; returns exit code, answers and errors."""
    (tmp_path / "pointsman.yaml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments, lines=(HELLO,)):
        stdin = "".join(json.dumps(line) + "\n" for line in lines).encode()
        monkeypatch.setattr(sys, "argv", ["pointsman", "route", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        answers = [json.loads(line) for line in out.splitlines()]
        return ended.value.code or 0, answers, err.decode()

    return call


@pytest.mark.parametrize(
    ("at", "model", "expires_at"),
    [
        ("2026-01-31T23:00:00Z", "night-m", "2026-01-31T23:01:00Z"),
        ("2026-01-31T23:00:00+05:00", "day-m", None),
    ],
)
def test_lines_are_decided_as_at_the_time_given(at, model, expires_at, route):
    """With `--at` that moment decides and is the time of receipt."""
    code, (job,), err = route("--trust", "open", "--at", at)
    assert (code, err) == (0, "")
    assert (job["runtime"]["model"], job["expires_at"]) == (model, expires_at)


def test_with_a_time_given_the_same_lines_are_the_same_jobs(route):
    """Two runs at one time give the same answers, numbers included, each line its own."""
    lines = [HELLO, {**HELLO, "message_id": "2"}]
    run = ("--trust", "open", "--at", "2026-01-31T12:00:00Z")
    _, answers, _ = route(*run, lines=lines)
    assert route(*run, lines=lines)[1] == answers
    assert answers[0]["sequence"] < answers[1]["sequence"]


@pytest.mark.parametrize("at", ["yesterday", "2026-01-31", "2026-01-31T12:00:00", ""])
def test_a_time_without_its_zone_is_refused(at, route):
    """What is no moment for everybody ends with exit code 2 and one line."""
    code, answers, err = route("--at", at)
    assert (code, answers) == (2, [])
    assert err.startswith(f"pointsman: --at {at!r} is not a time with its zone")
    assert len(err.splitlines()) == 1


def test_a_bare_message_is_told_what_it_takes(route):
    """A message without an envelope is dead, and its detail names the flag that believes it."""
    code, (answer,), _ = route()
    assert code == 0
    assert answer["dead"]["reason"] == "untrusted_origin"
    assert "--trust open" in answer["dead"]["detail"]


def test_an_envelope_from_nowhere_is_not_told_to_be_believed(route):
    """Where an exchange is named and is no platform's, the flag is not the way."""
    _, (answer,), _ = route(lines=[{"exchange": "elsewhere", "body": HELLO}])
    assert "--trust" not in answer["dead"]["detail"]


def test_limits_and_prefix_are_flags(route):
    """The settings that decide what becomes of a line may be given on the command line."""
    envelope = {"exchange": "blue.in.telegram", "body": {**HELLO, "hops": 1}}
    _, (answer,), _ = route("--prefix", "blue.", "--at", "2026-01-31T12:00:00Z", lines=[envelope])
    assert answer["runtime"]["model"] == "day-m"
    _, (answer,), _ = route("--prefix", "blue.", "--max-hops", "0", lines=[envelope])
    assert answer["dead"]["reason"] == "loop"
    _, (answer,), _ = route("--prefix", "blue.", "--max-body", "10", lines=[envelope])
    assert answer["dead"]["reason"] == "too_large"


def test_a_variable_that_is_no_setting_is_a_warning(route, monkeypatch):
    """A misspelt variable is told of on standard error, and nothing else changes."""
    monkeypatch.setenv("POINTSMAN_MAXHOPS", "0")
    code, answers, err = route("--trust", "open")
    assert (code, len(answers)) == (0, 1)
    assert err == (
        "pointsman: warning: the variable POINTSMAN_MAXHOPS is not a setting, and ignored;"
        " did you mean POINTSMAN_MAX_HOPS?\n"
    )


SIGNED_TABLE = """
model: m
platforms: {webhook: {signing_keys: {k1: "${HOOK}", k2: env:NOT_HERE}}}
"""
AT = "2026-01-31T12:00:00Z"


def signed(kid="k1", body='{"text": "hi"}', message_id="m-1"):
    ts = int(datetime.fromisoformat(AT).timestamp())
    header = sign(b"0123456789abcdef" * 2, kid, message_id, body.encode(), ts)
    properties = {"message_id": message_id, "headers": {"x-signature": header}}
    return {"exchange": "in.webhook", "properties": properties, "body": body}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (signed(), None),
        ({**signed(), "body": '{"text":"hi"}'}, "does not fit"),
        ({**signed(), "properties": {}}, "no x-signature header"),
        (signed("k2"), "the key env:NOT_HERE is not here"),
        (signed("k3"), "lists no signing key k3"),
    ],
)
def test_signatures_of_envelopes_are_judged(line, says, route, tmp_path, monkeypatch):
    """What an envelope says of its signature is judged as in service, by the keys that are here."""
    (tmp_path / "pointsman.yaml").write_text(SIGNED_TABLE, encoding="utf-8")
    monkeypatch.setenv("HOOK", "0123456789abcdef" * 2)
    code, (answer,), err = route("--at", AT, lines=[line])
    assert (code, err) == (0, "")
    if says is None:
        assert answer["source"]["verified"] is True
    else:
        assert answer["dead"]["reason"] == "bad_signature"
        assert says in answer["dead"]["detail"]


def test_a_bare_message_of_a_signed_platform_is_not_signed(route, tmp_path):
    """Believing messages about their platform does not make them signed."""
    (tmp_path / "pointsman.yaml").write_text(SIGNED_TABLE, encoding="utf-8")
    bare = {"text": "hi", "source": {"platform": "webhook"}}
    _, (answer,), _ = route("--trust", "open", lines=[bare])
    assert answer["dead"]["reason"] == "bad_signature"
