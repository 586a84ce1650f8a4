import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from routing import document
from routing.document import MAX_DEPTH, read_document
from routing.node import ListNode, MappingNode, TextNode
from routing.report import Report
from routing.table_text import MAX_BYTES


@pytest.fixture(params=[yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
def parser(request, monkeypatch):
    """Both parsers of the library: the portable one and, where there is one, the fast one."""
    monkeypatch.setattr(document, "_LOADER", request.param)


def plain(node):
    """A node as Python's own values, null as None."""
    match node:
        case TextNode():
            return None if node.is_null else node.text
        case ListNode():
            return [plain(item) for item in node.items]
        case MappingNode():
            return {entry.key.text: plain(entry.value) for entry in node.entries}
    return None


def read(text):
    """What a sound file says."""
    report = Report()
    node = read_document(text.encode() if isinstance(text, str) else text, report)
    assert report.problems == ()
    return plain(node)


def problems(text):
    """What is wrong with a file, as people see it."""
    report = Report()
    read_document(text.encode() if isinstance(text, str) else text, report)
    return "\n".join(problem.render("t.yaml") for problem in report.problems)


pytestmark = pytest.mark.usefixtures("parser")


@pytest.mark.parametrize(
    "written",
    "0123 42 1.0 1e3 0x1F 0o17 1_000 12:30 2024-01-01 no Yes on off true False -100123 .inf = + "
    "+1 hub:slate a/b 4.10 NaN".split(),
)
def test_a_plain_scalar_is_the_text_it_was_written_with(written):
    """A scalar without quotes keeps its text, whatever YAML 1.1 would make of it."""
    assert read(f"[{written}, '{written}']") == [written, written]


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_null_is_null_only_without_quotes(written):
    """Null is null where it is plain, and text where it is quoted or tagged as text."""
    assert read(f'[a, {written or "~"}, "{written}", !!str {written}]') == [
        "a",
        None,
        written,
        written,
    ]
    assert read(f"a: {written}") == {"a": None}


def test_a_variable_may_stand_in_braces():
    """`${…}` is one text anywhere: in a flow mapping, in a list, beside other text, in quotes."""
    text = "{a: ${K}, b: [${K:-x, y}, ${L:-a: b #c}], c: x${K}y, d: '${K}', e: \"${K}\"}"
    assert read(text) == {
        "a": "${K}",
        "b": ["${K:-x, y}", "${L:-a: b #c}"],
        "c": "x${K}y",
        "d": "${K}",
        "e": "${K}",
    }


def test_places_are_those_of_the_file():
    """Lines and columns count from 1, in characters, and a variable before does not move them."""
    node = read_document("é: {k: ${NAME:-a}, ü: [x]}\nz: 1".encode(), Report())
    assert isinstance(node, MappingNode)
    (first, second) = node.entries
    assert isinstance(first.value, MappingNode)
    inner = first.value.entries[1]
    assert (inner.key.line, inner.key.column) == (1, 20)
    assert isinstance(inner.value, ListNode)
    assert (inner.value.items[0].line, inner.value.items[0].column) == (1, 24)
    assert (second.key.line, second.key.column) == (2, 1)


def test_a_byte_order_mark_is_passed_over():
    """A file may begin with a byte order mark."""
    assert read(b"\xef\xbb\xbfa: b") == {"a": "b"}


def test_json_is_read():
    """A table may be JSON, compact or not, characters beyond U+FFFF escaped or not."""
    assert read('{"a":["\\ud83d\\ude00","\\u00e9"],"b":{"c":null}}') == {
        "a": ["😀", "é"],
        "b": {"c": None},
    }


def test_an_alias_repeats_its_anchor():
    """Anchors and aliases are read."""
    assert read("a: &x [1, 2]\nb: *x") == {"a": ["1", "2"], "b": ["1", "2"]}


def test_a_merge_key_fills_in_what_is_missing():
    """`<<` brings in entries that the mapping does not have, the first source before the next."""
    text = "a: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2}\nc: {<<: [*a, *b], p: 3}\nd: {<<: *b}"
    merged = read(text)
    assert merged["c"] == {"p": "3", "q": "1", "r": "2"}
    assert merged["d"] == {"q": "2", "r": "2"}


def test_a_quoted_merge_key_is_a_key():
    """`"<<"` in quotes is a key like any other."""
    assert read('{"<<": a}') == {"<<": "a"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\na: 2", "2:1", "duplicate key `a`"),
        ("a: 1\n'a': 2", "2:1", "duplicate key `a`"),
        ("x: {no: 1, 'no': 2}", "1:12", "duplicate key `no`"),
        ("? [a]\n: b", "1:3", "a key is a text"),
        ("a: {{X}}", "1:5", "a key is a text"),
        ("a: {<<: text}", "1:5", "`<<` takes a mapping"),
        ("a:\n\tb: 1", "2:1", "not YAML"),
        ("a: 'x", "1:4", "not YAML"),
        ("a: [b,\nc, d", "1:4", "begins on line 1"),
        ("a: b: c", "1:5", "not YAML"),
        ("a: {\n\n", "1:4", "not YAML"),
        ("a: @b", "1:4", "not YAML"),
        ('a: "\\q"', "1:", "not YAML"),
        ('a: "\\ud800"', "1:", "1"),
        ("a: *x", "1:4", "alias"),
        ("&a [*a]", "1:5", "inside what it stands for"),
        ("a: !!int 3", "1:4", "tags are not read"),
        ("a: !!python/object:os.system {}", "1:4", "tags are not read"),
        ("a: !x!y z", "1:4", "tag handle"),
        ("a\n---\nb", "2:1", "second document"),
        ("---\n---\na: b", "2:1", "second document"),
        ("a: \x00", "1:4", "U+0000"),
        ("a: 1\nb: \x1b", "2:4", "U+001B"),
        ("a: \U0010fff0", "1:4", "U+10FFF0"),
        (b"a: 1\nb: \xff", "2:4", "not UTF-8"),
        ("a: 1".encode("utf-16"), "1:1", "not UTF-8"),
        ("a: 1".encode("utf-16-le"), "1:2", "U+0000"),
        (b" " * (MAX_BYTES + 1), "1:1", "larger than"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_its_place(text, place, words):
    """A file that is not one sound YAML document is an error that points at the fault."""
    (line,) = problems(text).splitlines()
    assert line.startswith(f"t.yaml:{place}")
    assert "error: " in line
    assert words in line


@pytest.mark.parametrize("begin", ["[", "{a: ", "- ", "[{a: ", "? "])
def test_deep_nesting_is_an_error(begin):
    """A file nested a hundred thousand deep is an error, not a crash."""
    assert f"deeper than {MAX_DEPTH} levels" in problems(begin * 100_000)


def test_aliases_of_aliases_are_counted():
    """A few lines that stand for billions of values are an error."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10)]
    assert "an alias counted as what it repeats" in problems("\n".join(lines))


def test_merges_of_merges_are_counted():
    """Merging the same mapping over and over is counted like aliases are."""
    lines = ["a0: &a0 {k: x}"]
    for at in range(1, 10):
        again = ", ".join([f"*a{at - 1}"] * 10)
        lines.append(f"a{at}: &a{at} {{k{at}: {{<<: [{again}]}}, l: [{again}]}}")
    assert "an alias counted as what it repeats" in problems("\n".join(lines))


@pytest.mark.parametrize(
    "text", ["a: *canary-1", "a: !canary-1 b", "a: !x!canary-1 b", "a: &canary-1 *canary-1"]
)
def test_a_key_that_yaml_takes_for_syntax_is_not_quoted(text):
    """What stands after `*`, `!` or `&` may be a key, and is in no message."""
    assert problems(text)
    assert "canary" not in problems(text)


def test_nodes_do_not_show_their_text():
    """The repr of a node, which a traceback might show, has no text of the file in it."""
    assert "canary" not in repr(read_document(b"api_key: canary-1", Report()))


@given(st.text(max_size=60))
def test_a_quoted_text_comes_back_as_it_was(text):
    """Any text that YAML can hold, in single quotes and on one line, is read back exactly."""
    sound = "".join(char for char in text if char.isprintable() and char < "\U0010fff0")
    if sound.isprintable() and "\ufeff" not in sound:
        assert read("a: '" + sound.replace("'", "''") + "'") == {"a": sound}
