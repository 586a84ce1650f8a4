"""The search finds a leak: each of these brings one back, in a place of its own."""

import os
import sys

import pytest

from tests.secrets.commands import output_of, write_files
from tests.secrets.marker import found
from tests.secrets.places import VARIABLES, Written


def warn_of_a_key_in_hex(monkeypatch):
    def read(node, where, reader):
        reader.report.warning(node, f"`{where}` is {node.text.encode().hex()}")

    monkeypatch.setattr("routing.credential_reference._from_key", read)


def put_keys_backwards_into_runtimes(monkeypatch):
    def read(node, _where, _reader):
        return node.text[::-1]

    monkeypatch.setattr("routing.credential_reference._from_key", read)


def keep_what_was_written_into_messages(monkeypatch):
    monkeypatch.setattr("worker.pipeline.pipeline.redact", lambda document: (document, 0))


def tell_what_a_fault_says(monkeypatch):
    def choke(_draft, _report):
        raise ValueError(os.environ["SOME_KEY"])

    monkeypatch.setattr("routing.load_table.lint", choke)
    monkeypatch.setattr("worker.cli.app._tell_fault", lambda error: sys.stderr.write(repr(error)))


def show_broker_urls(monkeypatch):
    monkeypatch.setattr("worker.amqp.connect.shown", str)


@pytest.mark.parametrize(
    ("leak", "arguments"),
    [
        (warn_of_a_key_in_hex, "check"),
        (put_keys_backwards_into_runtimes, "routes --format=json"),
        (put_keys_backwards_into_runtimes, "explain message-1.json"),
        (keep_what_was_written_into_messages, "route captured.jsonl --trust=open"),
        (tell_what_a_fault_says, "topology"),
        (show_broker_urls, "topology apply"),
    ],
)
def test_a_leak_is_found(leak, arguments, tmp_path, monkeypatch):
    """A build with that leak does not pass: the same command shows nothing without it."""
    written = Written()
    write_files(tmp_path, written)
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, written.fill(value, name))
    assert found(output_of(arguments), written.secrets) == []
    leak(monkeypatch)
    assert found(output_of(arguments), written.secrets)
