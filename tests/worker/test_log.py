import asyncio
import gc
import io
import json
import logging
import os
from signal import SIGUSR1, SIGUSR2

import pytest

from tests.broker.service import eventually
from worker.log import fault, open_log
from worker.log_signals import obey_log_signals
from worker.own_faults import log_stray


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines_of(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object():
    """Each event is one line of JSON with its level, its time and its fields."""
    stream = io.StringIO()
    log = open_log("json", "info", stream)
    log.info("consuming", partitions=8, text="é\n\x00\ud83d", none=None)
    log.warning("lost")
    first, second = lines_of(stream)
    assert first["event"] == "consuming"
    assert first["level"] == "info"
    assert first["timestamp"].endswith("Z")
    assert first["partitions"] == 8
    assert first["none"] is None
    assert second["level"] == "warning"


@pytest.mark.parametrize("value", [object(), {1, 2}, b"\xff", float("nan"), 10**400, ValueError()])
def test_whatever_is_logged_makes_a_line(value):
    """A field that JSON has no word for does not keep the event from being logged."""
    stream = io.StringIO()
    open_log("json", "info", stream).info("odd", value=value)
    assert lines_of(stream)[0]["event"] == "odd"


def test_auto_is_json_where_nobody_looks():
    """By default it is text for people on a terminal, and JSON anywhere else."""
    for stream, is_json in ((io.StringIO(), True), (_Terminal(), False)):
        open_log("auto", "info", stream).info("event", key="value")
        assert stream.getvalue().startswith("{") is is_json
        assert "event" in stream.getvalue()
        assert "value" in stream.getvalue()


def test_the_format_can_be_chosen():
    """A chosen format is used, whether somebody looks or not."""
    terminal, file = _Terminal(), io.StringIO()
    open_log("json", "info", terminal).info("event")
    open_log("text", "info", file).info("event")
    assert lines_of(terminal)
    assert "\x1b" not in file.getvalue()
    assert not file.getvalue().startswith("{")


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)],
)
def test_only_what_is_important_enough_is_shown(level, shown):
    """Events below the chosen level are not written."""
    stream = io.StringIO()
    log = open_log("json", level, stream)
    for write in (log.debug, log.info, log.warning, log.error):
        write("event")
    assert len(lines_of(stream)) == shown


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_log_can_be_made_whole_and_as_set_again(level):
    """Whatever the level, everything is written from one call on until the other, and both are told."""
    stream = io.StringIO()
    log = open_log("json", level, stream)

    def shown():
        stream.truncate(stream.seek(0))
        for write in (log.debug, log.info, log.warning, log.error):
            write("event")
        return [line["level"] for line in lines_of(stream)]

    before = shown()
    for _ in range(2):
        log.write_everything()
        assert lines_of(stream)[-1]["event"] == "log is whole"
        assert shown() == ["debug", "info", "warning", "error"]
    log.write_as_set()
    assert lines_of(stream)[-1] == {
        "event": "log is as set",
        "level": "info",
        "log_level": level,
        "timestamp": lines_of(stream)[-1]["timestamp"],
    }
    assert shown() == before


async def test_signals_change_how_much_is_logged():
    """SIGUSR1 makes the log of a process whole, SIGUSR2 sets it back, as often as they come."""
    stream = io.StringIO()
    log = open_log("json", "warning", stream)
    loop = asyncio.get_running_loop()
    obey_log_signals(loop, log)
    try:
        for _ in range(2):
            os.kill(os.getpid(), SIGUSR1)
            await eventually(lambda: log.whole, "SIGUSR1 was heard")
            os.kill(os.getpid(), SIGUSR2)
            await eventually(lambda: not log.whole, "SIGUSR2 was heard")
    finally:
        for number in (SIGUSR1, SIGUSR2):
            loop.remove_signal_handler(number)
    assert {line["event"] for line in lines_of(stream)} == {"log is whole", "log is as set"}


def test_a_fault_is_told_by_kind_and_place_only():
    """Of an exception the log gets its type and where it happened, never its text."""

    def choke_on(value):
        raise KeyError(value)

    with pytest.raises(KeyError) as caught:
        choke_on("canary-0123")
    fields = fault(caught.value)
    assert fields["error"] == "KeyError"
    assert fields["traceback"][-1].endswith("in choke_on")
    assert "canary" not in repr(fields)


@pytest.mark.parametrize(
    "name", ["aio_pika", "aiormq.connection", "pamqp.encode", "aiohttp.access"]
)
def test_libraries_are_silent(name, caplog, capsys):
    """The AMQP and HTTP libraries log frames and bodies, so nothing of theirs is written."""
    open_log("json", "debug", io.StringIO())
    logging.getLogger(name).error("canary in a frame")
    assert "canary" not in caplog.text + "".join(capsys.readouterr())


def test_what_the_libraries_say_reaches_nobody():
    """Handlers of whoever embeds us, at every level, hear nothing of aio-pika, aiormq, pamqp, aiohttp and asyncio."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    names = ("aiormq.connection", "aio_pika", "pamqp.frame", "aiohttp.server", "asyncio")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for name in names:
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.DEBUG)
        open_log("json", "debug", io.StringIO())
        for name in names:
            logging.getLogger(name).critical("canary %s", b"canary")
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        for name in names:
            logging.getLogger(name).removeHandler(handler)
    assert heard.getvalue() == ""


async def test_a_stray_error_is_logged_without_values():
    """What nobody awaited is told by its type, and a callback without what it was called with."""
    stream = io.StringIO()
    log = open_log("json", "debug", stream)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: log_stray(log, context))
    loop.set_debug(True)

    def choke(what):
        raise ValueError(what)

    loop.call_soon(choke, "canary")
    unheard = loop.create_future()
    unheard.set_exception(ValueError("canary"))
    del unheard
    await asyncio.sleep(0.1)
    gc.collect()
    assert "canary" not in stream.getvalue()
    said = [line["what"] for line in lines_of(stream)]
    assert "Exception in callback test_a_stray_error_is_logged_without_values." in said
    assert said.count("Future exception was never retrieved") == 1
