import io
import json
import re

import pytest

from worker.log import fault, open_log
from worker.log_line import MOST_BYTES

# Colours, a second line, what turns a line round, what goes unseen, and half a character.
INJECTED = "\x1b[31mred\x9b2J\x7f\r\n2026 [error] forged\u202e\u2066\u200b\u2028\ufeff"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("stream_type", [io.StringIO, _Terminal])
def test_an_id_cannot_forge_or_hide_anything(log_format, stream_type):
    """Whatever somebody writes into an id, the line stays one, and every character is seen."""
    stream = stream_type()
    open_log(log_format, "info", stream).info("delivery", message_id=INJECTED, conversation="é 日")
    line = stream.getvalue().removesuffix("\n")
    shown = re.sub(r"\x1b\[\d*m", "", line) if stream.isatty() and log_format == "text" else line
    assert shown.isprintable()
    assert "é" in shown
    assert "日" in shown
    if log_format == "json":
        assert json.loads(line)["message_id"] == INJECTED


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("text", ["x", "\u202e", "\U000e0001", "日", '"', "\\"])
def test_a_line_is_of_bounded_length(log_format, text):
    """However long the texts that others wrote are, the line has at most so many bytes."""
    stream = io.StringIO()
    fields = {f"field{number}": text * 100_000 for number in range(12)}
    open_log(log_format, "info", stream).info("delivery", outcome="dead", **fields)
    assert stream.getvalue().count("\n") == 1
    assert len(stream.getvalue().encode()) <= MOST_BYTES + 1
    assert "dead" in stream.getvalue()


def test_a_deep_fault_is_told_by_its_last_frames():
    """A traceback of a thousand calls is cut to where it happened."""

    def deeper(depth):
        if not depth:
            raise ValueError
        deeper(depth - 1)

    with pytest.raises(ValueError) as caught:
        deeper(900)
    assert len(fault(caught.value)["traceback"]) == 30
