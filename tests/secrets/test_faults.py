"""A fault of our own is told by its type and its place: its text likes to quote what it choked on."""

import pytest

from routing.decide import Router
from tests.secrets.commands import output_of, write_files
from tests.secrets.marker import found
from tests.secrets.places import Written

FAULTY = ["check", "explain message-1.json", "routes", "topology", "credentials list", "route x"]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A folder with a secret in every place, which becomes the current one."""
    written = Written()
    write_files(tmp_path, written)
    monkeypatch.chdir(tmp_path)
    return written


def test_a_fault_while_a_table_is_read_is_told_without_what_it_says(written, monkeypatch):
    """An exception with a key in it ends every command, and the key is not in what it prints."""

    def choke(*_):
        raise ValueError(written.secrets[0].text)

    monkeypatch.setattr("routing.load_table.lint", choke)
    for arguments in FAULTY:
        shown = output_of(arguments)
        assert b"ValueError" in shown
        assert b"load_table.py" in shown
        assert found(shown, written.secrets) == []


def test_a_fault_while_a_message_is_decided_is_told_without_what_it_says(written, monkeypatch):
    """The dead letter of a message that we choke on has the type of the fault, and nothing it says."""

    def choke(_router, message, *_):
        raise RuntimeError(message.text, written.secrets[0].text, message.model_dump())

    monkeypatch.setattr(Router, "decide", choke)
    shown = output_of("route captured.jsonl --trust=open")
    assert b"internal_error" in shown
    assert b"RuntimeError" in shown
    assert found(shown, [*written.secrets, *written.said]) == []
