import io
import json
import sys

import pytest

from worker.cli.app import main

TABLE = """
model:
  default: base-m
  api_key: canary-in-the-file
  routes:
    - match: {platform: discord}
      model: discord-m
    - match: {source_kind: owner}
      model: strong
runtimes:
  codex: {model: gpt-5.4, api_key: "${CODEX_KEY}"}
models: [turbo-m]
platforms:
  telegram: {home_channel: "42", publishers: [hub-telegram]}
"""
STRANGER = ("--platform", "telegram", "--chat-id", "9", "--chat-type", "dm")
OWNER = ("--platform", "telegram", "--chat-id", "42", "--chat-type", "dm")


@pytest.fixture
def pointsman(tmp_path, monkeypatch, capsys):
    """Runs the command in a folder with a table; returns exit code, output and errors."""
    (tmp_path / "pointsman.yaml").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["pointsman", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def test_flags_describe_a_message(pointsman):
    """Flags make a message, and the explanation shows rules, runtime and where it goes."""
    code, out, err = pointsman("explain", *STRANGER, "--override-model", "turbo-m")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "stranger on telegram -> base -> turns.turbo-m"
    for line in (
        "chat_id 9",
        "no routes[0] line 6 platform is 'telegram', wanted 'discord'",
        "no routes[1] line 8 source_kind is 'stranger', wanted 'owner'",
        "match base no rule fits",
        "model turbo-m taken",
        "model turbo-m from override",
        "credential config:model.api_key from base",
        "provider null set by nobody",
        "conversation telegram/type=dm/chat=9",
        "queue turns.turbo-m",
    ):
        assert line in lines
    assert "canary" not in out


def test_json_holds_the_same(pointsman):
    """For programs the explanation is one JSON object."""
    _, out, _ = pointsman("explain", *OWNER, "--format", "json", "--override-runtime", "nope")
    explained = json.loads(out)
    assert explained["source_kind"] == "owner"
    assert explained["rules"] == [
        {
            "name": "routes[0]",
            "index": 0,
            "line": 6,
            "matched": False,
            "failed": {"key": "platform", "wanted": "discord", "had": "telegram"},
            "wants": [{"key": "platform", "wanted": "discord"}],
            "denies": False,
        },
        {
            "name": "routes[1]",
            "index": 1,
            "line": 8,
            "matched": True,
            "failed": None,
            "wants": [{"key": "source_kind", "wanted": "owner"}],
            "denies": False,
        },
    ]
    assert explained["route"]["override_ignored"] == "unknown"
    assert explained["runtime"]["model"] == {"value": "strong", "from": "routes[1]"}
    assert explained["override"]["may_name"] == "any"
    assert explained["queue"] == "turns.strong"
    assert "canary" not in out


def test_the_limits_of_a_message_are_shown(pointsman):
    """What a hub peer's turn counts against, and with whom; nothing where there is no limit."""
    peer = ("--platform", "hub", "--user-id", "a", "--agent-id", "b")
    _, out, _ = pointsman("explain", *peer)
    assert "per_pair.hub_peer 10/min counted: 'a' and 'b' on hub" in " ".join(out.split())
    _, out, _ = pointsman("explain", *peer, "--format", "json")
    assert json.loads(out)["limits"] == [
        {
            "limit": "per_pair.hub_peer",
            "rate": "10/min",
            "burst": 10,
            "over": "dead",
            "counted": ["hub", "a", "b"],
        }
    ]
    _, out, _ = pointsman("explain", *OWNER)
    assert "Limits" not in out


def test_every_flag_becomes_a_fact(pointsman):
    """Each flag shows up as the fact of its name."""
    given = {
        "user_id": "u",
        "thread_id": "t",
        "parent_chat_id": "p",
        "scope_id": "s",
        "profile": "work",
        "agent_id": "a",
        "purpose": "btw",
        "message_type": "photo",
        "hops": "3",
    }
    flags = [word for key, value in given.items() for word in (f"--{key.replace('_', '-')}", value)]
    _, out, _ = pointsman(
        "explain", *STRANGER, *flags, "--text", "a b", "--metadata", "x=1=2", "--metadata", "y=",
        "--conversation-id", "c", "--format", "json"
    )  # fmt: skip
    explained = json.loads(out)
    assert given.items() <= explained["facts"].items()
    assert explained["facts"]["text.words"] == "2"
    assert explained["facts"]["metadata.x"] == "1=2"
    assert explained["facts"]["metadata.y"] == ""
    assert explained["conversation"] == "telegram/profile=work/agent=a/conversation=c"


def test_a_file_holds_a_message(pointsman, tmp_path):
    """A message may be a file, written as one likes, or come from standard input."""
    document = {"text": "x", "source": {"platform": "discord"}}
    (tmp_path / "message.json").write_text(json.dumps(document, indent=2) + "\n")
    for call in (
        pointsman("explain", "message.json"),
        pointsman("explain", "-", stdin=json.dumps(document).encode()),
    ):
        assert (call[0], call[2]) == (0, "")
        assert "stranger on discord -> routes[0] -> turns.discord-m" in call[1]
        assert "taken to be published to in.discord" in call[1]


def test_a_file_holds_an_envelope(pointsman):
    """An envelope is judged by its exchange, as it would be by the service."""
    frame = {"type": "message", "data": {"from": "brain", "text": "hi"}}
    stdin = json.dumps({"exchange": "in.hub:slate", "body": frame}).encode()
    _, out, _ = pointsman("explain", "-", stdin=stdin)
    assert out.startswith("hub_peer on hub:slate -> base -> turns.base-m\n")
    stdin = json.dumps({"exchange": "in.telegram", "body": frame}).encode()
    code, out, _ = pointsman("explain", "-", "--format", "json", stdin=stdin)
    assert code == 0
    assert json.loads(out)["dead"]["reason"] == "untrusted_publisher"


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        (b"", "malformed"),
        (b"\xff", "malformed"),
        (b"[1]", "malformed"),
        (b'{"body": {"text": "x"}}', "untrusted_origin"),
        (b'{"body": "x", "properties": 7}', "malformed"),
        (b'{"text": "x", "version": "2", "source": {"platform": "cli"}}', "unsupported_version"),
    ],
)
def test_what_becomes_no_turn_is_a_dead_letter(stdin, reason, pointsman):
    """What cannot become a turn is shown as the dead letter it would be."""
    code, out, err = pointsman("explain", "-", stdin=stdin)
    assert (code, err) == (0, "")
    assert out.startswith(f"dead letter: {reason}: ")
    assert len(out.splitlines()) == 1


def test_what_a_message_says_does_nothing_to_the_terminal(pointsman):
    """Control characters and directions of text are shown, not obeyed."""
    _, out, _ = pointsman("explain", *STRANGER, "--user-id", "\x1b[2J\u202eevil\n")
    assert "\\x1b[2J\\u202eevil\\n" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a file, or --platform"),
        (("--chat-id", "9"), "give a file, or --platform"),
        (("-", "--platform", "cli"), "not both"),
        (("missing.json",), "missing.json: No such file"),
        (("--platform", "cli", "--metadata", "x"), "KEY=VALUE"),
        (("--platform", "cli", "--metadata", "=x"), "KEY=VALUE"),
        (("--platform", "cli", "--config", "missing.yaml"), "missing.yaml"),
    ],
)
def test_what_people_do_wrong_is_one_line(arguments, words, pointsman):
    """A wrong call ends with exit code 2 and one line that says what is wrong."""
    code, out, err = pointsman("explain", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


WIDE = """
model:
  default: base-m
  routes:
    - {match: {publisher: intruder}, deny: true, name: banned}
    - match: {time: {days: fri, hours: "22:00-07:00", timezone: Europe/Paris}}
      name: late
      model: late-m
    - name: trial
      match: {platform: telegram}
      priority: 7
      expires_in: 90s
      fallbacks: [codex]
      split: [{weight: 3, name: stable}, {weight: 1, name: new, model: new-m, queue: trials}]
runtimes:
  codex: {model: gpt-5.4, provider: openai-codex}
platforms:
  telegram: {publishers: [hub-b, hub-a]}
"""
FRIDAY = "2026-01-30T23:30:00+01:00"
SATURDAY = "2026-01-31T12:00:00Z"


@pytest.fixture
def widely(pointsman, tmp_path):
    """Explains by a table with denials, times and splits; returns the lines, or JSON."""

    def call(*arguments):
        (tmp_path / "pointsman.yaml").write_text(WIDE, encoding="utf-8")
        code, out, err = pointsman("explain", *arguments)
        assert (code, err) == (0, "")
        if "json" in arguments:
            return json.loads(out)
        return [" ".join(line.split()) for line in out.splitlines()]

    return call


def test_a_denied_message_is_explained(widely):
    """A denied message shows the rule that denies it, what it asked, and the dead letter."""
    denied = (*STRANGER[:1], "slack", "--publisher", "intruder")
    lines = widely(*denied)
    assert lines[0] == "stranger on slack -> denied by banned"
    assert "denied banned line 5 is the first to fit: publisher: intruder" in lines
    assert "dead letter denied: denied by `banned`" in lines
    assert not [line for line in lines if line.startswith(("queue", "Runtime"))]
    read = widely(*denied, "--format", "json")
    assert read["dead"] == {"reason": "denied", "detail": "denied by `banned`"}
    assert (read["route"], read["queue"], read["fallbacks"]) == (None, None, [])
    assert read["rules"] == [
        {
            "name": "banned",
            "index": 0,
            "line": 5,
            "matched": True,
            "failed": None,
            "wants": [{"key": "publisher", "wanted": "intruder"}],
            "denies": True,
        }
    ]


def test_a_message_is_explained_at_any_time(widely):
    """With `--at` that moment decides, and a window is explained by its own clock."""
    assert widely("--platform", "slack", "--at", FRIDAY)[0].endswith("-> late -> turns.late-m")
    lines = widely("--platform", "slack", "--at", SATURDAY)
    assert lines[0].endswith("-> base -> turns.base-m")
    assert (
        "no late line 6 time is 'sat 13:00 Europe/Paris',"
        " wanted 'fri 22:00-07:00 Europe/Paris'" in lines
    )


def test_a_split_and_the_way_of_a_turn_are_shown(widely):
    """The variant that the conversation draws, priority, expiry and fallbacks are there."""
    for chat, variant, lot, queue in (
        ("7", "stable", 2, "turns.base-m"),
        ("9", "new", 3, "trials"),
    ):
        asked = ("--platform", "telegram", "--chat-id", chat, "--at", SATURDAY)
        lines = widely(*asked)
        assert lines[0] == f"stranger on telegram -> trial/{variant} -> {queue}"
        (chosen,) = [line for line in lines if line.endswith(", every time")]
        assert chosen.startswith(f"match {variant} ")
        for line in (
            "1. model gpt-5.4, provider openai-codex",
            f"queue {queue}",
            "priority 7",
            "expires in 90s",
            "expires at 2026-01-31T12:01:30+00:00",
        ):
            assert line in lines
        read = widely(*asked, "--format", "json")
        assert (read["split"]["total"], read["split"]["lot"]) == (4, lot)
        assert [each["name"] for each in read["split"]["variants"] if each["chosen"]] == [variant]
        assert (read["priority"], read["expires_in"]) == (7, 90)
        assert (read["queue"], read["fallbacks"][0]["model"]) == (queue, "gpt-5.4")
        assert read["expires_at"] == "2026-01-31T12:01:30+00:00"
        assert read["at"] == "2026-01-31T12:00:00+00:00"


def test_who_publishes_is_a_fact(widely):
    """A message comes from a publisher that its platform lists, unless another is named."""
    read = widely("--platform", "telegram", "--format", "json")
    assert (read["publisher"], read["verified"]) == ("hub-a", True)
    assert read["facts"].items() >= {"publisher": "hub-a", "verified": "true"}.items()
    assert read["notes"] == ["taken to be published to in.telegram by hub-a, one of its publishers"]
    read = widely("--platform", "telegram", "--publisher", "hub-b", "--format", "json")
    assert read["publisher"] == "hub-b"
    read = widely("--platform", "telegram", "--publisher", "other", "--format", "json")
    assert read["dead"]["reason"] == "untrusted_publisher"


def test_a_platform_that_the_table_does_not_name_is_noted(widely):
    """Nobody declares the exchange of a platform that stands nowhere in the table."""
    assert "the table does not name telegrm, so nobody declares in.telegrm" in widely(
        "--platform", "telegrm"
    )


def test_an_envelope_has_its_own_publisher(pointsman):
    """A publisher beside an envelope would say it twice, which is an error."""
    stdin = json.dumps({"exchange": "in.hub", "body": {"text": "x"}}).encode()
    code, out, err = pointsman("explain", "-", "--publisher", "x", stdin=stdin)
    assert (code, out) == (2, "")
    assert "properties.user_id" in err


def test_settings_that_decide_are_flags(pointsman):
    """Prefix and limits may be given on the command line."""
    assert (
        pointsman("explain", *STRANGER, "--prefix", "blue.")[1]
        .splitlines()[0]
        .endswith("-> blue.turns.base-m")
    )
    assert "too_large" in pointsman("explain", *STRANGER, "--max-body", "10")[1]
    assert "loop" in pointsman("explain", *STRANGER, "--hops", "1", "--max-hops", "0")[1]


SIGNED = """
model: {default: m, routes: [{match: {source_kind: owner}, model: strong}]}
platforms: {webhook: {home_channel: ops, signing_keys: {k1: env:NOT_HERE}}}
"""


def test_a_message_of_a_signed_platform_is_taken_to_be_signed(pointsman, tmp_path):
    """A message that is described comes signed, as it ought to, and that is noted; no key is needed."""
    (tmp_path / "pointsman.yaml").write_text(SIGNED, encoding="utf-8")
    asked = ("--platform", "webhook", "--chat-id", "ops", "--chat-type", "dm", "--user-id", "7")
    _, out, _ = pointsman("explain", *asked, "--format", "json")
    read = json.loads(out)
    assert (read["source_kind"], read["verified"], read["signed"]) == ("owner", True, True)
    assert read["facts"]["user_id"] == "7"
    assert read["notes"] == ["taken to be published to in.webhook, signed"]


def test_the_signature_of_an_envelope_is_judged(pointsman, tmp_path):
    """An envelope comes with its own signature, or without."""
    (tmp_path / "pointsman.yaml").write_text(SIGNED, encoding="utf-8")
    stdin = json.dumps({"exchange": "in.webhook", "body": {"text": "x"}}).encode()
    code, out, _ = pointsman("explain", "-", "--format", "json", stdin=stdin)
    assert code == 0
    assert json.loads(out)["dead"]["reason"] == "bad_signature"
