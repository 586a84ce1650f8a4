"""What `pointsman dead` does with the letters of a real broker, and that it leaves them alone."""

import asyncio
import json
import os
import pty
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import amqp_bytes as raw
from tests.broker.client import Client
from tests.broker.dead_letters import DeadTools, letter, long_text
from tests.broker.service import COMMAND, PATIENCE, eventually, wait_until
from tests.broker.users import grant, planned_users, url_of
from worker.amqp import dead_queue
from worker.amqp.dead_queue import DeadQueue
from worker.amqp.errors import InUse
from worker.broker_user import Role
from worker.dead.amqp_properties import WireProperties, read_properties, write_properties
from worker.dead.read_letters import Place, read_letters
from worker.dead.removal import Removal

COUNT = 150


@pytest.fixture
def tools(vhost_url: str, tmp_path: Path) -> DeadTools:
    """The commands, on an empty virtual host."""
    return DeadTools(vhost_url, tmp_path)


@pytest.fixture
def filled(tools: DeadTools) -> DeadTools:
    """The commands, on one with many letters."""
    tools.publish([letter(number) for number in range(COUNT)])
    return tools


async def test_listing_loses_and_moves_nothing(filled):
    """However often letters are listed, all of them are there in their order."""
    before = [held.body for held in await filled.held()]
    assert [json.loads(body)["message_id"] for body in before] == [f"m-{n}" for n in range(COUNT)]
    ids = [told["id"] for told in filled.each()]
    assert len(set(ids)) == COUNT
    for _ in range(3):
        assert f"{COUNT}" in filled.dead("list")
    assert [held.body for held in await filled.held()] == before
    assert [told["id"] for told in filled.each()] == ids


async def test_letters_that_several_consumers_hold_stay_in_order(filled, monkeypatch):
    """Where there are more letters than one consumer may hold, listing and acking keep their order."""
    monkeypatch.setattr(dead_queue, "_BLOCK", 40)
    before = [held.body for held in await filled.held()]
    for _ in range(3):
        assert [held.body for held in await filled.held()] == before
    queue = await DeadQueue.open(filled.settings, "test")
    removal = Removal(queue)
    try:
        seen = []
        async for found in read_letters(queue):
            seen.append(found.letter.body)
            if len(seen) % 3 == 0:
                await removal.remove([found.place])
        await removal.finish()
    finally:
        await queue.close()
    assert seen == before
    left = [body for number, body in enumerate(before, 1) if number % 3]
    assert [held.body for held in await filled.held()] == left


async def test_who_is_killed_while_listing_leaves_all_in_order(filled, monkeypatch):
    """A lister that is killed while it holds letters takes none with it, and moves none."""
    before = [held.body for held in await filled.held()]
    script = filled.directory / "hold.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from worker.amqp import dead_queue\n"
        "from worker.config_file import load_config\n"
        "dead_queue._BLOCK = 40\n"
        "async def hold():\n"
        "    settings = load_config(Path('pointsman.yaml'), {}).settings(\n"
        "        {}, {'POINTSMAN_AMQP_URL': sys.argv[1]})\n"
        "    queue = await dead_queue.DeadQueue.open(settings, 'test')\n"
        "    held = [letter async for letter in queue.letters()]\n"
        "    print(len(held), flush=True)\n"
        "    await asyncio.sleep(1000)\n"
        "asyncio.run(hold())\n"
    )
    for _ in range(2):
        holder = await asyncio.create_subprocess_exec(
            sys.executable, script, filled.url, cwd=filled.directory, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        assert await holder.stdout.readline() == f"{COUNT}\n".encode()
        holder.kill()
        await holder.wait()
        async with Client(filled.url) as client:

            async def all_back(client: Client = client) -> bool:
                return await client.waiting("dead") == COUNT

            await eventually(all_back, "they are back")
        assert [held.body for held in await filled.held()] == before


async def test_only_one_looks_at_a_time(filled):
    """While somebody looks, a second command says so in one line and exits with 3."""
    queue = await DeadQueue.open(filled.settings, "test")
    try:
        assert [letter async for letter in queue.letters()]
        filled.dead("list", code=3)
        assert filled.said.count("\n") == 1
        assert "somebody else looks at the letters" in filled.said
        with pytest.raises(InUse):
            await DeadQueue.open(filled.settings, "test")
    finally:
        await queue.close()
    assert len(filled.each()) == COUNT


def test_an_interrupt_leaves_all_in_place(filled):
    """Ctrl-C while a command holds the letters ends it with 130, and every letter is there."""
    pipe = filled.directory / "pipe"
    command = f"mkfifo -m 600 {pipe}; exec {COMMAND[0]} dead export --output {pipe}"
    with subprocess.Popen(
        ["sh", "-c", command], env=filled.environ, cwd=filled.directory, stderr=subprocess.PIPE
    ) as process:
        wait_until(pipe.exists, "there is a pipe")
        with pipe.open("rb") as reader:
            reader.readline()
            process.send_signal(signal.SIGINT)
        process.wait(30)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode in {1, 130}
    assert len(filled.each()) == COUNT


async def test_letters_that_come_meanwhile_are_not_looked_at(filled):
    """A look takes the letters that were there at its start, and what comes later stays behind them."""
    queue = await DeadQueue.open(filled.settings, "test")
    try:
        filled.publish([letter(1000)])
        seen = [held async for held in queue.letters()]
        assert len(seen) == COUNT
    finally:
        await queue.close()
    after = [held.body for held in await filled.held()]
    assert after[:COUNT] == [held.body for held in seen]
    assert len(after) == COUNT + 1


ODD_HEADERS = [
    (b"bool", b"t\x01"),
    (b"byte", b"b\xff"),
    (b"short", b"s\xff\xfe"),
    (b"int", b"I" + struct.pack(">i", -7)),
    (b"long", b"l" + struct.pack(">q", 2**40)),
    (b"float", b"f" + struct.pack(">f", 1.1)),
    (b"double", b"d" + struct.pack(">d", 0.1)),
    (b"decimal", b"D" + struct.pack(">BI", 2, 314)),
    (b"time", b"T" + struct.pack(">Q", 2**60)),
    (b"nothing", b"V"),
    (b"bytes", b"x" + raw.long(b"\x00\xff")),
    (b"no-utf8", b"S" + raw.long(b"\xff\xfe")),
    (b"table", b"F" + raw.table([(b"a", b"A" + raw.array([long_text("x"), b"t\x00"]))])),
    (b"terminal", long_text("\x1b]0;owned\x07\u202e[bold]")),
    (b"deep", raw.nested_tables(60)),
]
ODD_PROPERTIES = {
    "content_type": raw.short(b"text/plain; \xff"),
    "headers": raw.table(ODD_HEADERS),
    "delivery_mode": raw.PERSISTENT,
    "priority": b"\x07",
    "correlation_id": raw.short(b"c"),
    "message_id": raw.short(b"odd"),
    "timestamp": raw.timestamp(2**50),
    "type": raw.short(b"turn.v1"),
}


def without_count(wire: bytes) -> bytes:
    """Return properties without the header in which the broker counts deliveries.

    Where it writes that, it puts the headers into the order of their names.
    """
    read = read_properties(wire)
    counts = {"x-delivery-count", "x-acquired-count"}
    kept = [entry for entry in read.headers or () if entry.name not in counts]
    headers = tuple(sorted(kept, key=lambda entry: entry.name))
    return write_properties(WireProperties(read.values, headers))


async def test_an_export_is_imported_as_it_was(tools):
    """What export --remove takes away import puts back: same bytes, same ids, same types of headers."""
    odd = [
        (b"\xff\x00 no text", ODD_PROPERTIES),
        (b"", {"delivery_mode": raw.PERSISTENT}),
        (b"x" * 2**20, letter(3)[1]),
        *(letter(number) for number in range(20)),
    ]
    tools.publish(odd)
    before, ids = await tools.held(), [told["id"] for told in tools.each()]
    tools.dead("export", "--output", "kept.jsonl", "--remove")
    path = tools.directory / "kept.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tools.each() == []
    tools.dead("import", "kept.jsonl")
    assert "23 letters put back" in tools.said
    after = await tools.held()
    assert [held.body for held in after] == [held.body for held in before]
    assert [without_count(each.wire) for each in after] == [
        without_count(each.wire) for each in before
    ]
    assert {each.routing_key for each in after} == {"a-key"}
    assert [told["id"] for told in tools.each()] == ids
    tools.dead("import", stdin=path.read_bytes())
    assert "0 letters put back, 23 letters there already" in tools.said
    assert [told["id"] for told in tools.each()] == ids


async def test_what_the_broker_put_there_is_read_and_comes_back_the_same(tools):
    """A job that a runner rejected says so, keeps its id by export and import, and its publisher as a header."""
    async with Client(tools.url) as client:
        properties: dict[str, Any] = {
            "headers": {"x-platform": "telegram", "x-route": "base", "x-attempt": 2},
            "user_id": "guest",
            "correlation_id": "telegram/type=dm/chat=1",
        }
        await client.publish("", b"{}", exchange="turns", routing_key="turns.m", **properties)
        channel = await client.connection.channel()
        job = await (await channel.get_queue("turns.m")).get(timeout=10)
        await job.reject(requeue=False)

        async def is_dead() -> bool:
            return await client.waiting("dead") == 1

        await eventually(is_dead, "it is dead")
    (told,) = tools.each()
    assert (told["reason"], told["shape"], told["queue"]) == ("runner_rejected", "job", "turns.m")
    assert (told["platform"], told["route"], told["attempt"]) == ("telegram", "base", 2)
    tools.dead("export", "--output", "kept.jsonl", "--remove")
    tools.dead("import", "kept.jsonl")
    (again,) = tools.each()
    assert again == told
    assert "x-dead-user-id: guest" in tools.dead("show", told["id"])


async def test_an_import_with_a_bad_line_does_nothing(filled):
    """Each bad line is told with its number, exit code 2, and no letter is put back."""
    filled.dead("export", "--output", "kept.jsonl")
    path = filled.directory / "kept.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([lines[0], b"{", b'{"body": 1}', lines[1]]))
    filled.dead("import", "--again", "kept.jsonl", code=2)
    assert "kept.jsonl:2: " in filled.said
    assert "kept.jsonl:3: " in filled.said
    assert len(filled.each()) == COUNT


async def test_an_import_that_no_queue_takes_says_so(tools):
    """Where nothing is bound to the exchange, letters are not said to be put back, message id or none."""
    tools.publish([(b"nameless", {"delivery_mode": raw.PERSISTENT})])
    tools.dead("export", "--output", "kept.jsonl")
    async with Client(tools.url) as client:
        queue = await client.channel.get_queue("dead", ensure=False)
        await queue.unbind("dead", "")
        tools.dead("import", "--again", "kept.jsonl", code=3)
        assert "no queue is bound to it" in tools.said
        await queue.bind("dead", "")
    assert len(tools.each()) == 1


async def test_a_purge_takes_what_was_asked_for(tools):
    """Of the letters only those go that all filters mean, and the others keep their order."""
    tools.publish(
        [
            letter(number, reason="expired" if number % 2 else "malformed", platform=platform)
            for number in range(30)
            for platform in ("telegram", "discord")
        ]
    )
    before = tools.each()
    gone = [t for t in before if (t["reason"], t["platform"]) == ("expired", "discord")]
    asked = ("--reason", "expired", "--platform", "discord")
    shown = tools.dead("purge", *asked, "--dry-run")
    assert "15 letters, of 60" in shown
    assert tools.each() == before
    tools.dead("purge", *asked, code=2)
    assert "give --yes" in tools.said
    tools.dead("purge", "--yes", code=2)
    assert tools.each() == before
    tools.dead("purge", *asked, "--yes")
    assert "15 letters thrown away" in tools.said
    assert tools.each() == [told for told in before if told not in gone]
    tools.dead("purge", "--all", "--yes")
    assert tools.each() == []


KILLED_AFTER = """\
import os, signal, sys
import aiormq
from worker.cli.app import main
ack, left = aiormq.Channel.basic_ack, int(sys.argv.pop(1))
async def ack_or_die(channel, tag, wait):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    await ack(channel, tag, wait=True)
aiormq.Channel.basic_ack = ack_or_die
main()
"""


@pytest.mark.parametrize("acks", [0, 1, 50])
def test_who_is_killed_while_purging_takes_no_other_letters(tools, acks):
    """Killed between its acks, a purge has taken only what it was to take, and all is in order."""
    reasons = ["malformed", "expired"]
    tools.publish([letter(number, reason=reasons[number % 2]) for number in range(COUNT)])
    before = tools.each()
    purge = ["dead", "purge", "--reason=expired", "--yes"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER, str(acks), *purge],
        env=tools.environ,
        cwd=tools.directory,
        check=False,
        timeout=4 * PATIENCE,
    )
    assert done.returncode == -signal.SIGKILL

    def all_back() -> bool:
        listed = tools.pointsman("dead", "list")
        return listed.returncode == 0 and not listed.stderr

    wait_until(all_back, "nobody holds letters any more")
    left = tools.each()
    others = [told for told in before if told["reason"] == "malformed"]
    assert left == [told for told in before if told in left]
    assert [told for told in left if told["reason"] == "malformed"] == others
    assert len(left) >= COUNT - acks
    tools.dead("purge", "--reason", "expired", "--yes")
    assert tools.each() == others


async def test_forget_finds_a_user_wherever_they_are(tools):
    """Letters of the user go: by id, by other id, by a DM's chat, in a job and a hub frame; others stay."""

    def said(number: int, **source: Any) -> bytes:
        return json.dumps({"message_id": str(number), "text": "x", "source": source}).encode()

    job = {"message": json.loads(said(5, chat_id="g", user_id="77")), "source": {"user_id": "77"}}
    theirs = [
        said(1, user_id="77", chat_id="g", chat_type="group"),
        said(2, user_id=77, chat_id="g"),
        said(3, user_id="old", user_id_alt="77"),
        said(4, chat_id="77", chat_type="dm"),
        json.dumps(job).encode(),
    ]
    others = [
        said(6, user_id="770", chat_id="g"),
        said(7, user_id="8", chat_id="77", chat_type="group"),
        said(8, user_id="77", platform="discord"),
    ]
    unreadable = b'{"source": {"user_id": "77"}'
    properties = letter(0)[1]
    tools.publish([(body, properties) for body in (*theirs, *others, unreadable)])
    discord = letter(9, platform="discord")[1]
    tools.publish([(said(9, user_id="77"), discord)])
    tools.dead("forget", "--user", "telegram:77", "--yes")
    left = [held.body for held in await tools.held()]
    assert left == [*others[:2], unreadable, said(9, user_id="77")]
    assert "1 letter cannot be read and may be theirs" in tools.said
    assert "Not looked at" in tools.said
    tools.dead("forget", "--conversation", "g", "--yes")
    assert [held.body for held in await tools.held()] == [*others[1:2], unreadable, left[-1]]


async def test_what_a_letter_says_does_nothing_to_a_terminal(tools, monkeypatch):
    """Whatever is in headers and bodies, what is shown has no control character and no key."""
    evil = "\x1b[31m\u202e[red]\x07"
    headers = [
        (b"x-dead-reason", long_text("malformed")),
        (b"x-dead-detail", long_text(evil + "x" * 10_000)),
        (b"x-dead-platform", long_text(evil)),
        (b"token", long_text("canary-key-1")),
        (b"x-url", long_text("amqp://user:canary-key-2@host/")),
        (b"n" * 240 + evil.encode(), b"V"),
        *ODD_HEADERS,
    ]
    body = json.dumps({"text": evil, "password": "canary-key-3", "h": "Bearer " + "canarykey4" * 3})
    tools.publish(
        [
            (body.encode(), {"headers": raw.table(headers)}),
            (b'{"api_key": "canary-key-5", ' + evil.encode(), ODD_PROPERTIES),
        ]
    )
    shown = tools.dead("list") + tools.dead("list", "--each")
    for told in tools.each():
        shown += tools.dead("show", told["id"]) + tools.dead("show", told["id"], "--format", "json")
        assert tools.dead("list", "--id", told["id"][:6], "--format", "json")
    shown += tools.dead("list", "--format", "json")
    assert "canary" not in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.fixture
def removed_in_one(monkeypatch) -> Callable[[], None]:
    """Give a broker no time for acks, as a slow one would take it."""
    return lambda: monkeypatch.setattr("worker.dead.removal._PATIENCE", 0.0)


async def test_letters_that_were_removed_stay_away(filled, removed_in_one):
    """Though a quorum queue forgets acks that it was still at work on, none of the letters comes back."""
    removed_in_one()
    queue = await DeadQueue.open(filled.settings, "test")
    removal = Removal(queue)
    try:
        places: list[Place] = []
        async for found in read_letters(queue):
            if len(places) < COUNT - 10:
                places.append(found.place)
        await removal.remove(places)
        await removal.finish()
    finally:
        await queue.close()
    assert len(filled.each()) == 10
    assert removal.count == COUNT - 10


async def test_an_operator_may_do_all_of_it(filled, broker, vhost):
    """The user that is planned for operators can list, export, import, purge and forget."""
    config = (filled.directory / "pointsman.yaml").read_text("utf-8")
    operator = next(u for u in planned_users(config) if u.role is Role.OPERATOR)
    grant(broker, vhost, [operator])
    filled.environ["POINTSMAN_AMQP_URL"] = url_of(broker, vhost, operator)
    before = filled.each()
    filled.dead("export", "--output", "kept.jsonl", "--remove")
    filled.dead("import", "kept.jsonl")
    assert filled.each() == before
    filled.dead("forget", "--user", "telegram:u-7", "--yes")
    filled.dead("purge", "--id", before[0]["id"], "--yes")
    assert filled.each() == [*before[1:7], *before[8:]]


def test_who_is_asked_and_says_no_keeps_all(filled):
    """On a terminal a purge shows what it would take and asks; only a yes takes it away."""

    def answer(text: bytes) -> tuple[int, bytes]:
        terminal, its_end = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "dead", "purge", "--all"],
            env=filled.environ,
            cwd=filled.directory,
            stdin=its_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            os.write(terminal, text)
            assert process.stdout is not None
            said = process.stdout.read()
        os.close(terminal)
        os.close(its_end)
        return process.returncode, said

    code, said = answer(b"n\n")
    assert code == 1
    assert f"Throw away {COUNT} letters (all)?".encode() in said
    assert len(filled.each()) == COUNT
    code, said = answer(b"y\n")
    assert code == 0
    assert f"{COUNT} letters thrown away".encode() in said
    assert filled.each() == []
