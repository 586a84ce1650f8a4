"""Rows that wait until all of them are known."""

import tracemalloc

import pytest

from worker.cli import kept_rows
from worker.cli.kept_rows import KeptRows
from worker.failure import CommandFailed

ODD = ("a", "\ud800 \x85 \u2028\n", "")


def test_rows_come_back_as_they_were_with_the_widths_of_their_columns():
    """Whatever is in a row, it comes back in its order, as often as it is asked for."""
    with KeptRows() as rows:
        assert (len(rows), list(rows), rows.widths) == (0, [], ())
        rows.add(ODD)
        rows.add(("bcd", "e", "f"))
        for _ in range(2):
            assert list(rows) == [list(ODD), ["bcd", "e", "f"]]
        assert (len(rows), rows.widths) == (2, (3, len(ODD[1]), 1))


def test_many_rows_take_no_more_memory_than_some(monkeypatch):
    """What is beyond the bound is in a file, and comes back from there."""
    monkeypatch.setattr(kept_rows, "_IN_MEMORY", 10_000)
    with KeptRows() as rows:
        tracemalloc.start()
        for number in range(20_000):
            rows.add((str(number), "x" * 100))
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 100_000
        assert [int(number) for number, _ in rows] == list(range(20_000))


def test_no_room_for_a_long_list_is_told(monkeypatch, tmp_path):
    """Where no file can be made the command ends with one line and 1."""
    monkeypatch.setattr(kept_rows, "_IN_MEMORY", 10)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with KeptRows() as rows, pytest.raises(CommandFailed, match="no room for so long a list"):
        rows.add(("x" * 100,))
