import io
import json
import sys

import pytest

from worker.cli.app import main

OLD = """\
model:
  default: base-m
  provider: custom
  routes:
    - match: {platform: discord}
      model: discord-m
      api_key: canary-in-the-file
    - match: {source_kind: owner}
      model: strong
runtimes:
  codex: {model: gpt-5.4, api_key: "${CODEX_KEY}"}
platforms:
  telegram: {home_channel: "42"}
"""
RENAMED = "# another comment\n" + OLD.replace("discord-m", "discord-m\n      name: chat")
MOVED = OLD.replace("model: discord-m", "model: other\n      provider: elsewhere")


@pytest.fixture
def diff(tmp_path, monkeypatch, capsys):
    """Runs `pointsman diff` on two tables, given as text; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(old, new, *arguments, stdin=b""):
        (tmp_path / "old.yaml").write_text(old, encoding="utf-8")
        (tmp_path / "new.yaml").write_text(new, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["pointsman", "diff", "old.yaml", "new.yaml", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert "canary" not in output.out + output.err
        return ended.value.code or 0, output.out, output.err

    return call


def envelope(platform, **message):
    body = {"text": "hi", "message_id": "1", **message}
    return json.dumps({"exchange": f"in.{platform}", "body": body}).encode() + b"\n"


def plain(out):
    return [" ".join(line.split()) for line in out.splitlines()]


@pytest.mark.parametrize("new", [OLD, RENAMED], ids=["itself", "names and comments"])
def test_what_moves_nothing_is_exit_0(new, diff):
    """A table and itself, or one where only names and comments changed, send nothing elsewhere."""
    assert diff(OLD, new) == (0, "nothing goes elsewhere\n", "")
    code, out, err = diff(OLD, new, "--against", "-", stdin=envelope("discord"))
    assert (code, err) == (0, "")
    assert out == "1 message: nothing goes elsewhere, 1 stays\n"


def test_contexts_are_shown_from_where_to_where(diff):
    """A changed rule is shown by its conditions, with what it set and sets, and is exit 1."""
    code, out, err = diff(OLD, MOVED)
    assert (code, err) == (1, "")
    assert plain(out)[:5] == [
        "turns.discord-m -> turns.other",
        "from to",
        "model discord-m other",
        "provider custom elsewhere",
        "platform: discord (by routes[0], now routes[0])",
    ]
    assert plain(out)[-1] == "1 context goes elsewhere, 1 setting changed"


def test_contexts_that_are_less_than_their_conditions_say_so(diff):
    """Where earlier rules take some of a context, it is said, with a message of what is left."""
    new = "model: {default: a, by_source: {hub_peer: {model: b}}}\n"
    _, out, _ = diff(new.replace("a, ", "a, platforms: {hub: b}, "), new)
    less = "platform: hub, less what earlier rules take; such as platform hub, source_kind stranger"
    assert f"{less} (by platforms.hub, now base)" in out


def test_settings_that_move_messages_are_shown(diff):
    """What changed outside the rules is shown with old and new, and is exit 1 by itself."""
    new = OLD.replace('"42"', '"43"') + "worker: {max_hops: 3, prefetch: 7}\n"
    code, out, _ = diff(OLD, new)
    assert code == 1
    assert plain(out) == [
        "Settings that move messages",
        "from to",
        "home_channels.telegram 42 43",
        "worker.max_hops 8 3",
        "",
        "0 contexts go elsewhere, 2 settings changed",
    ]


def test_contexts_as_json(diff):
    """For programs there are the conditions, the rules and an example of each context."""
    code, out, _ = diff(OLD, MOVED, "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert (found["elsewhere"], found["contexts"], found["complete"]) == (True, 1, True)
    (group,) = found["groups"]
    assert group["from"]["model"] == "discord-m"
    assert group["to"]["provider"] == "elsewhere"
    assert group["changed"] == ["model", "provider", "queue"]
    (context,) = group["contexts"]
    assert context["match"] == ["platform: discord"]
    assert context["old_rule"] == {"name": "routes[0]", "index": 0, "line": 5}
    assert context["example"]["platform"] == "discord"
    assert context["certain"] is True
    assert context["less_what_earlier_rules_take"] is False
    assert [setting["name"] for setting in found["settings"]] == ["models that may be asked for"]
    assert json.loads(diff(OLD, OLD, "--format", "json")[1])["elsewhere"] is False


def test_captured_messages_are_decided_by_both(diff):
    """Messages are grouped by from where to where they go, with their number and lines."""
    lines = [envelope("discord"), envelope("slack"), b"\n", envelope("discord"), b"nonsense\n"]
    code, out, err = diff(OLD, MOVED, "--against", "-", stdin=b"".join(lines))
    assert (code, err) == (1, "")
    assert plain(out) == [
        "2 messages: turns.discord-m -> turns.other",
        "from to",
        "model discord-m other",
        "provider custom elsewhere",
        "lines 1, 4 (by routes[0], now routes[0])",
        "",
        "line 5 holds no message: it is no JSON object",
        "3 messages: 2 go elsewhere (66.7 %), 1 stays",
    ]


def test_captured_messages_as_json(diff, tmp_path):
    """For programs there are the counts, and of each group the first lines with their routes."""
    (tmp_path / "m.jsonl").write_bytes(envelope("discord") * 7 + envelope("slack") + b"[]\n")
    _, out, _ = diff(OLD, MOVED, "--against", "m.jsonl", "--format", "json")
    found = json.loads(out)
    assert (found["messages"], found["elsewhere"], found["stay"]) == (8, 7, 1)
    assert found["bad_lines"] == {
        "count": 1,
        "examples": [{"line": 9, "why": "it is no JSON object"}],
    }
    (group,) = found["groups"]
    assert group["count"] == 7
    assert [example["line"] for example in group["examples"]] == [1, 2, 3, 4, 5]
    assert group["examples"][0]["new_route"] == "routes[0]"


def test_messages_see_what_changed_outside_the_rules(diff):
    """Another source kind, conversation or dead reason of a message is elsewhere as well."""
    dm = {"source": {"chat_type": "dm", "chat_id": "43", "user_id": "7"}}
    group = {"source": {"chat_type": "group", "chat_id": "1", "user_id": "7"}}
    new = OLD.replace('"42"', '"43"').replace(
        "routes:", "routes:\n    - {match: {platform: x}, deny: true}"
    )
    new += "group_conversations: shared\n"
    lines = envelope("telegram", **dm) + envelope("slack", **group) + envelope("x")
    _, out, _ = diff(OLD, new, "--against", "-", "--format", "json", stdin=lines)
    by_line = {each["examples"][0]["line"]: each for each in json.loads(out)["groups"]}
    assert by_line[1]["changed"] == ["source_kind", "allow_control", "model", "queue"]
    assert by_line[2]["changed"] == ["conversation"]
    assert by_line[2]["examples"][0]["new_conversation"] == "slack/type=group/chat=1"
    assert by_line[3]["to"] == {"dead": "denied"}


def test_the_moment_is_given_once_for_both(diff):
    """With --at every message is decided as at that time, by both tables."""
    night = "    - match: {time: {hours: '22:00-07:00'}}\n      model: night\n"
    new = OLD.replace("runtimes:", f"{night}runtimes:")
    noon = ("--against", "-", "--at", "2026-01-31T12:00:00Z")
    assert diff(OLD, new, *noon, stdin=envelope("slack"))[0] == 0
    late = ("--against", "-", "--at", "2026-01-31T23:00:00Z")
    assert diff(OLD, new, *late, stdin=envelope("slack"))[0] == 1


@pytest.mark.parametrize("capture", [b"", b"\n\n"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_capture_without_messages_is_refused(capture, form, diff):
    """Where there is no message at all nothing was compared, and that is no good news."""
    code, out, err = diff(OLD, MOVED, "--against", "-", "--format", form, stdin=capture)
    assert (code, out) == (2, "")
    assert err == "pointsman: standard input: it holds no messages, so nothing was compared\n"


def test_bare_messages_need_trust(diff):
    """A message without an exchange is decided under --trust open, and holds nothing otherwise."""
    bare = json.dumps({"text": "hi", "source": {"platform": "discord"}}).encode()
    code, _, err = diff(OLD, MOVED, "--against", "-", stdin=bare)
    assert (code, err.count("\n")) == (2, 1)
    assert "line 1: it is a bare message, which needs --trust open" in err
    code, out, _ = diff(OLD, MOVED, "--against", "-", "--trust", "open", stdin=bare)
    assert code == 1
    assert "1 message: 1 goes elsewhere (100 %), 0 stay" in out


def test_only_so_many_groups_are_shown(diff):
    """Past --limit groups it is said how many more there are, and the totals hold them all."""
    new = MOVED.replace("model: strong", "model: stronger").replace("custom", "changed")
    code, out, _ = diff(OLD, new, "--limit", "1")
    assert code == 1
    assert "\nand 2 more; --limit shows more at once" in out  # groups
    assert "\nand 1 more; --limit shows more at once" in out  # settings
    assert "3 contexts go elsewhere, 2 settings changed" in out
    shown = json.loads(diff(OLD, new, "--limit", "1", "--format", "json")[1])
    assert (len(shown["groups"]), shown["left_off"]) == (1, 2)


def test_long_lists_are_cut_for_people(diff):
    """A condition of hundreds of texts does not fill the screen, and is whole for programs."""
    new = OLD.replace("{platform: discord}", f"{{chat_id: [{', '.join(map(str, range(900)))}]}}")
    assert max(map(len, diff(OLD, new)[1].splitlines())) < 500
    groups = json.loads(diff(OLD, new, "--format", "json")[1])["groups"]
    assert any("899" in each["match"][0] for group in groups for each in group["contexts"])


def test_a_table_with_errors_is_told_as_check_tells_it(diff):
    """The problems of a table with errors are printed, and nothing is compared."""
    code, out, err = diff(OLD, "model: m\nrutnimes: {}\n")
    assert (code, out) == (2, "")
    assert err.startswith("new.yaml:2:1: error: ")
    assert len(err.splitlines()) == 1


def test_tests_in_a_table_are_not_run(diff):
    """A test in a table that would fail changes nothing here."""
    failing = OLD + "tests:\n  - given: {platform: discord}\n    expect: {model: never}\n"
    assert diff(OLD, failing)[:2] == (0, "nothing goes elsewhere\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "2026-01-31T12:00:00Z"), "--against"),
        (("--trust", "open"), "--against"),
        (("--against", "missing.jsonl"), "missing.jsonl: No such file"),
        (("--against", "-", "--at", "noon"), "--at"),
    ],
)
def test_what_people_do_wrong_is_one_line(arguments, words, diff):
    """A wrong call ends with exit code 2 and one line that says what is wrong."""
    code, out, err = diff(OLD, OLD, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
