import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.document import read_document
from routing.node import ListNode, MappingNode, TextNode
from routing.report import Report
from worker.importing.yaml_text import Document, Plain, yaml_text

PLAIN = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
) | st.sampled_from(
    "null ~ no 42 -1 1.0 0x1f & &a *a !a ${NAME} ${NAME:-x} a${B}c $${x {a} [a] a,b ? | ' \" \\ %".split()
)
ODD = st.sampled_from(["a: b", "a #b", "- a", "", " "])
TEXTS = PLAIN | ODD
VALUES = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=12,
)


def read(text):
    """What YAML text says, in texts, lists and dictionaries."""
    report = Report()
    root = read_document(text.encode(), report)
    assert not report.problems, [problem.render("t") for problem in report.problems]
    return plain(root)


def plain(node):
    match node:
        case TextNode():
            assert not node.is_null
            return node.text
        case ListNode():
            return [plain(item) for item in node.items]
        case MappingNode():
            return {entry.key.text: plain(entry.value) for entry in node.entries}


def is_writable(value):
    """Whether a table can hold the characters at all."""
    return json.dumps(value, ensure_ascii=False).isprintable()


@given(st.dictionaries(TEXTS.filter(bool), VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back(document):
    """Every text, list and mapping is read back as it was, whatever it looks like."""
    if is_writable(document) and "<<" not in json.dumps(document):
        assert read(yaml_text(document)) == document


@pytest.mark.parametrize("text", ["1", "0.5", "true", "-1e3"])
def test_a_plain_scalar_is_written_without_quotes(text):
    """A number or a flag stands as it is, while a text that looks like one is quoted."""
    assert yaml_text({"a": Plain(text)}) == f"a: {text}\n"
    assert yaml_text({"a": text}) == f'a: "{text}"\n'


def test_sections_stand_apart_and_small_things_on_one_line():
    """Sections are blocks after an empty line; a small mapping or list inside stands on one."""
    document: Document = {
        "model": {"default": "m", "params": {"top": Plain("1")}},
        "models": ["a", "b"],
    }
    assert yaml_text(document, ["made"]) == (
        "# made\n\nmodel:\n  default: m\n  params: { top: 1 }\n\nmodels:\n  - a\n  - b\n"
    )
