"""Lines of an export that nobody can use."""

import json

import pytest

from tests.worker.dead.test_read_letter import read, text
from worker.dead.letter_line import BadLine, letter_line, read_letter_line

GOOD = json.loads(letter_line(read({"x-dead-reason": text("loop")}, body=b"canary")))


@pytest.mark.parametrize(
    "changed",
    [
        {"routing_key": 5},
        {"routing_key": "x" * 256},
        {"routing_key": "\ud800"},
        {"copy": 0},
        {"copy": "1"},
        {"body": None},
        {"body": "\ud800"},
        {"body_base64": "canary"},
        {"unknown": 1},
        {"properties": []},
        {"properties": {"unknown": "x"}},
        {"properties": {"type": "x" * 256}},
        {"properties": {"priority": 256}},
        {"properties": {"timestamp": "noon"}},
        {"properties": {"headers": 5}},
        {"properties": {"headers": [["a"]]}},
        {"properties": {"headers": [["a", "Z", 1]]}},
        {"properties": {"headers": [["a", "I", 2**40]]}},
        {"properties": {"headers": [["a", 5, 5]]}},
        {"properties": {"headers": [["a", "S", {"base64": "%"}]]}},
        {"properties": {"headers": [["a", "S", {}]]}},
        {"properties": {"headers": [["a" * 256, "V", None]]}},
        {"properties": {"headers": [[5, "V", None]]}},
        {"properties_base64": "AAA="},
        {"letter": 1, "properties": 5},
    ],
)
def test_a_line_that_is_no_letter_is_refused(changed):
    """Whatever is wrong with a line, it is a BadLine, and its text quotes nothing of it."""
    with pytest.raises(BadLine) as refused:
        read_letter_line(json.dumps({**GOOD, **changed}).encode())
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"5", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(line):
    """A line that is no JSON object of an export is a BadLine."""
    with pytest.raises(BadLine):
        read_letter_line(line)


def test_what_people_read_in_a_line_is_not_read_back():
    """`letter` is for reading: changed or left out, the letter is the same."""
    whole = read_letter_line(json.dumps(GOOD).encode())
    bare = {name: value for name, value in GOOD.items() if name != "letter"}
    assert read_letter_line(json.dumps(bare).encode()) == whole
    assert GOOD["letter"]["reason"] == "loop"
    assert GOOD["properties"]["headers"] == [["x-dead-reason", "S", "loop"]]
