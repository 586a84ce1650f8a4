import io
import json
import re
import sys

import pytest
from rich.console import Console
from rich.text import Text

from tests.routing.loading import table
from worker.cli.app import main
from worker.cli.folded import Folded
from worker.cli.routes_mermaid import mermaid
from worker.cli.routes_view import show

TABLE = """
model:
  default: base-m
  provider: custom
  base_url: https://base.example:8443/v1
  api_key: canary-in-the-file
  fallbacks: [codex]
  routes:
    - match: {source_kind: owner, text.length: {lt: 500}}
      model: strong
      api_key: ${OWNER_KEY}
      queue: vip
      priority: 7
    - {match: {user_id: ["666", "667"]}, deny: true, name: banned, note: "spam,\\nsince March"}
    - name: trial
      match: {platform: telegram}
      expires_in: 10m
      split:
        - {weight: 2, name: stable}
        - {weight: 1, name: canary-like, runtime: codex, params: {temperature: 0.2}}
    - {match: {chat_id: "1"}, model: old, enabled: false, name: old groups}
  by_source:
    stranger: {model: small}
runtimes:
  codex: {model: gpt-5.4, provider: openai-codex, base_url: "https://c.example/codex"}
platforms:
  telegram: {home_channel: "42"}
"""
LONG = "a-name-" * 20


@pytest.fixture
def routes(tmp_path, monkeypatch, capsys):
    """Runs `pointsman routes` in a folder with a table; returns exit code, output and errors."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments, text=TABLE):
        (tmp_path / "pointsman.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["pointsman", "routes", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


def shown(text, width=80, notes=()):
    """The view of a whole table, as lines without the space around them."""
    by = table(text)
    written = io.StringIO()
    show(Console(file=written, width=width), by, by.rules, notes, prefix="")
    lines = written.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    return [line.strip() for line in lines if set(line.strip()) - {"─"}]


def columns(lines):
    """The same, each line cut where there is space between columns."""
    return [tuple(re.split(r"\s{2,}", line)) for line in lines]


def test_a_table_is_shown_in_eighty_columns():
    """Rules in effective order, each with what it asks, states and inherits; the base is last."""
    cells = columns(shown(TABLE))
    assert cells == [
        ("#", "rule, and when", "then"),
        ("0", "banned", "denied"),
        ("routes[1], line 14", "note: spam, since March"),
        ("user_id: 666 or 667",),
        ("1", "routes[0]", "model strong"),
        ("line 9", "key env:OWNER_KEY"),
        ("source_kind: owner", "queue vip"),
        ("text.length: lt 500", "priority 7"),
        ("from base: provider custom,",),
        ("host base.example:8443,",),
        ("fallbacks gpt-5.4 at c.example",),
        ("2", "trial", "66.7 % stable"),
        ("routes[2], line 15", "model base-m (from base)"),
        ("platform: telegram", "queue turns.base-m"),
        ("from base: provider custom,",),
        ("host base.example:8443,",),
        ("key config:model.api_key,",),
        ("fallbacks gpt-5.4 at c.example",),
        ("from trial: expires in 10m",),
        ("33.3 % canary-like",),
        ("model gpt-5.4 (from runtimes.codex)",),
        ('params {"temperature": 0.2}',),
        ("queue turns.gpt-5.4",),
        ("from runtimes.codex:",),
        ("provider openai-codex,",),
        ("host c.example",),
        ("from trial: expires in 10m",),
        ("from base: fallbacks gpt-5.4",),
        ("3", "by_source.stranger", "model small"),
        ("line 23", "queue turns.small"),
        ("source_kind: stranger", "from base: provider custom,"),
        ("host base.example:8443,",),
        ("key config:model.api_key,",),
        ("fallbacks gpt-5.4 at c.example",),
        ("base", "model base-m"),
        ("no rule fits", "provider custom"),
        ("host base.example:8443",),
        ("key config:model.api_key",),
        ("queue turns.base-m",),
        ("fallbacks gpt-5.4 at c.example",),
        ("runtime", "that a rule or an override may name"),
        ("codex", "model gpt-5.4"),
        ("provider openai-codex",),
        ("host c.example",),
        ("queue turns.gpt-5.4",),
        ("disabled: old groups",),
        ("limits: per_pair.hub_peer 10/min",),
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_are_folded_and_never_cut(width):
    """However narrow it is, every character of a long name is there."""
    routes = [{"name": "X" * 90, "match": {"chat_id": "Y" * 91}, "model": "Z" * 92}]
    lines = "".join(shown({"model": {"default": "m", "routes": routes}}, width))
    assert [lines.count(letter) for letter in "XYZ"] == [90, 91, 2 * 92]


HOST = "inference-gateway-eu-west.models.internal.example.com:8443"


def test_a_host_is_folded_at_its_dots():
    """A host too long for its column begins a line, and is parted after a dot or a dash."""
    base = {"default": "m", "base_url": f"https://{HOST}/v1"}
    routes = [{"match": {"chat_id": "1"}, "model": "x"}]
    lines = shown({"model": {**base, "routes": routes}})
    then = [columns([line])[0][-1] for line in lines]
    at = then.index("from base:") + 1
    assert then[at : at + 3] == [
        "host",
        "inference-gateway-eu-west.models.internal.example.",
        "com:8443",
    ]


def test_a_word_is_parted_only_where_it_has_to_be():
    """Words that fit stay whole, and characters that are two columns wide count as that."""
    out = io.StringIO()
    Console(file=out, width=10).print(Folded(Text("  one two-three\n\nfour five\n" + "\u6f22" * 7)))
    assert out.getvalue().splitlines() == [
        "  one",
        "  two-",
        "  three",
        "",
        "four five",
        "\u6f22" * 5,
        "\u6f22" * 2,
    ]


def test_columns_is_obeyed_without_a_terminal(routes, monkeypatch):
    """Where COLUMNS says how wide lines may be, what is piped is no wider."""
    text = f"model: {{default: m, routes: [{{match: {{chat_id: {LONG}}}, model: {LONG}}}]}}"
    monkeypatch.setenv("COLUMNS", "70")
    assert max(map(len, routes(text=text)[1].splitlines())) <= 70
    monkeypatch.setenv("COLUMNS", "0")
    assert f"chat_id: {LONG}" in routes(text=text)[1]


def test_what_is_piped_is_not_folded(routes):
    """Where no terminal is, a name stands on one line, to be found by other programs."""
    text = f"model: {{default: m, routes: [{{match: {{chat_id: {LONG}}}, model: {LONG}}}]}}"
    _, out, _ = routes(text=text)
    assert f"chat_id: {LONG}" in out
    assert f"model {LONG}" in out


def test_what_a_table_says_does_nothing_to_the_terminal():
    """Control characters are shown and not obeyed, and brackets are no markup."""
    match = {"chat_id": "[red]\u202e", "user_id": {"glob": "[a-z]*"}}
    lines = shown({"model": {"default": "m", "routes": [{"match": match, "note": "a\u001b[2J"}]}})
    text = "\n".join(lines)
    assert "chat_id: [red]\\u202e" in text
    assert "user_id: glob [a-z]*" in text
    assert "note: a\\x1b[2J" in text


@pytest.mark.parametrize("form", ["table", "json", "mermaid"])
def test_no_key_is_shown(form, routes):
    """A key that stands in the file is shown in no form."""
    code, out, err = routes("--format", form)
    assert code == 0
    assert "canary-in-the-file" not in out + err


def test_json_has_it_all(routes):
    """For programs each rule has its place, conditions, whole targets, and what it inherits."""
    code, out, err = routes("--format", "json", "--prefix", "blue.")
    assert (code, err) == (0, "")
    read = json.loads(out)
    assert [rule["name"] for rule in read["rules"]] == [
        "banned",
        "routes[0]",
        "trial",
        "by_source.stranger",
    ]
    banned, owner, trial, _ = read["rules"]
    assert banned.items() >= {"deny": True, "runtime": None, "queue": None, "line": 14}.items()
    assert (banned["entry"], banned["note"]) == ("routes[1]", "spam,\nsince March")
    assert owner["match"] == [
        {"key": "source_kind", "wanted": "owner"},
        {"key": "text.length", "wanted": "lt 500"},
    ]
    assert (owner["queue"], owner["priority"], owner["expires_in"]) == ("blue.vip", 7, None)
    assert owner["stated"] == ["credential", "model", "priority", "queue"]
    assert owner["inherited_from"] == "base"
    assert owner["runtime"]["provider"] == "custom"
    assert owner["runtime"]["host"] == "base.example:8443"
    assert owner["fallbacks"][0]["model"] == "gpt-5.4"
    stable, other = trial["split"]
    assert (stable["weight"], stable["percent"], stable["inherited_from"]) == (2, 66.667, "trial")
    assert (other["inherited_from"], other["stated"]) == ("runtimes.codex", ["params"])
    assert (other["queue"], other["expires_in"]) == ("blue.turns.gpt-5.4", 600)
    assert read["base"]["queue"] == "blue.turns.base-m"
    assert read["runtimes"].keys() == {"codex"}
    assert read["disabled"] == ["old groups"]
    assert read["limits"] == {"per_pair.hub_peer": {"rate": "10/min", "burst": 10, "over": "dead"}}
    assert read["overlaps"][0].items() >= {"first": "routes[0]", "second": "trial"}.items()
    assert read["overlaps_complete"] is True


def test_rules_that_overlap_are_noted(routes):
    """A note names two rules that some message is for, and such a message."""
    _, out, _ = routes()
    (line,) = [line for line in out.splitlines() if "routes[0] and trial" in line]
    assert line.startswith("note: routes[0] and trial can both match; the first wins, as with ")
    assert "platform telegram" in line


def test_no_more_notes_than_people_read(routes):
    """After five notes the others are only counted, and JSON has them all."""
    crossing = [{"match": {f"metadata.{at}": "x"}, "model": f"m{at}"} for at in range(5)]
    text = json.dumps({"model": {"default": "m", "routes": crossing}})
    _, out, _ = routes(text=text)
    notes = [line for line in out.splitlines() if line.startswith("note: ")]
    assert len(notes) == 6
    assert notes[-1] == "note: 5 more pairs of rules can both match; --format json names them"
    assert len(json.loads(routes("--format", "json", text=text)[1])["overlaps"]) == 10


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("TRIAL", ["trial"]),
        ("routes[1]", ["banned"]),
        ("since", ["banned"]),
        ("text.length", ["routes[0]"]),
        ("gpt-5.4", ["trial"]),
        ("vip", ["routes[0]"]),
        ("stable", ["trial"]),
        ("OWNER_KEY", ["routes[0]"]),
        ("base-m", ["trial"]),
        ("openai-codex", ["trial"]),
        ("vider", []),  # of `provider`
        ("custom", []),  # which every rule has from the base
        ("nowhere", []),
    ],
)
def test_only_some_rules(text, names, routes):
    """`--only` keeps rules that have the text in name, place, note, conditions or own targets."""
    _, out, _ = routes("--format", "json", "--only", text)
    assert [rule["name"] for rule in json.loads(out)["rules"]] == names


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_text_that_no_rule_has_is_told(form, routes):
    """Where `--only` leaves no rule, the base is not shown as if it were what was asked for."""
    code, out, err = routes("--format", form, "--only", "nowhere")
    assert (code, err) == (1, "pointsman: no rule has 'nowhere' in it\n")
    assert json.loads(out)["rules"] == [] if form == "json" else out == ""


def test_a_picture_without_some_rules_is_refused(routes):
    """A flowchart with holes would say something else than the table, so there is none."""
    code, out, err = routes("--format", "mermaid", "--only", "trial")
    assert (code, out) == (2, "")
    assert "--only" in err


def flowchart(lines):
    """Node to its label, and every edge as (from, label, to)."""
    head, *rest = lines
    assert head == "flowchart TB"
    nodes, edges = {}, []
    for line in rest:
        if edge := re.fullmatch(r'  (\w+) -->(?:\|"?(.*?)"?\|)? (\w+)', line):
            edges.append(edge.groups())
        elif node := re.fullmatch(r'  (\w+)(?:\{"|\(\["|\["|\(\[)(.*?)"?[\])}]+', line):
            nodes[node[1]] = node[2]
        else:
            assert line.split()[0] in {"classDef", "class"}, line
    return nodes, edges


def test_the_picture_has_every_rule_in_order():
    """From the message down: each rule, yes to its target, no to the next, and to the base."""
    nodes, edges = flowchart(mermaid(table(TABLE), "blue."))
    assert edges == [
        ("message", None, "r0"),
        ("r0", "yes", "d0"),
        ("r0", "no", "r1"),
        ("r1", "yes", "t1"),
        ("r1", "no", "r2"),
        ("r2", "yes", "s2"),
        ("s2", "66.7 %", "s2v0"),
        ("s2", "33.3 %", "s2v1"),
        ("r2", "no", "r3"),
        ("r3", "yes", "t3"),
        ("r3", "no", "base"),
    ]
    assert {node for edge in edges for node in (edge[0], edge[2])} == nodes.keys()
    assert nodes["d0"] == "denied"
    assert nodes["r1"] == "routes[0]<br/>source_kind: owner<br/>text.length: lt 500"
    assert "queue: blue.vip<br/>priority: 7<br/>then: gpt-5.4" in nodes["t1"]
    assert nodes["s2v1"].startswith("canary-like<br/>model: gpt-5.4")
    assert nodes["base"].startswith("base<br/>model: base-m")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('a"b', "a#34;b"),
        ("a#35;b", "a#35;35#59;b"),
        ("<b>&", "#60;b#62;#38;"),
        ("%%{x}%%", "#37;#37;{x}#37;#37;"),
        ("`x` *y* _z_ a_b", "#96;x#96; #42;y#42; #95;z#95; a_b"),
        (r"\n", "#92;n"),
        ("[x](y)", "[x]#40;y)"),
        ("1. x", "1#46; x"),
        ("- x", "#45; x"),
        ("9 %", "9 %"),
    ],
)
def test_a_label_holds_what_the_table_says(text, escaped):
    """What would end a label, or change how it looks, is written by its number."""
    routes = [{"match": {"chat_id": "1"}, "name": text, "model": "m"}]
    nodes, _ = flowchart(mermaid(table({"model": {"default": "m", "routes": routes}}), ""))
    assert nodes["r0"] == f"{escaped}<br/>chat_id: 1"


def test_a_table_of_a_base_alone(routes):
    """Without rules the base is all there is, in every form."""
    assert "no rule fits" in routes(text="model: m\n")[1]
    assert json.loads(routes("--format", "json", text="model: m\n")[1])["rules"] == []
    _, edges = flowchart(routes("--format", "mermaid", text="model: m\n")[1].splitlines())
    assert edges == [("message", None, "base")]
