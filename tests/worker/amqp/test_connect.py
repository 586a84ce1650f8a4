import asyncio
from contextlib import suppress

import aio_pika
import pytest
from aiormq import exceptions

from worker.amqp.connect import closed_within, connect, translated_errors
from worker.amqp.errors import AccessRefused, BrokerError, BrokerUnavailable, TopologyMismatch
from worker.demo.free_port import free_port

URL = "amqp://u:canary@127.0.0.1:{port}/v"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (exceptions.ProbableAuthenticationError("ACCESS_REFUSED"), AccessRefused),
        (exceptions.AuthenticationError(["PLAIN"], ["EXTERNAL"]), AccessRefused),
        (exceptions.ChannelAccessRefused(403, "no"), AccessRefused),
        (exceptions.ConnectionNotAllowed(530, "no vhost"), AccessRefused),
        (exceptions.InvalidFrameError("<Connection.Close object at 0x7f>"), AccessRefused),
        (exceptions.InvalidFrameError("garbage"), BrokerUnavailable),
        (exceptions.AMQPConnectionError("gone"), BrokerUnavailable),
        (exceptions.ChannelClosed(500, "x"), BrokerUnavailable),
        (exceptions.ChannelInvalidStateError("closed"), BrokerUnavailable),
        (TimeoutError(), BrokerUnavailable),
        (ConnectionRefusedError(111, "refused"), BrokerUnavailable),
        (OSError("no route"), BrokerUnavailable),
        (RuntimeError("loop"), BrokerUnavailable),
        (KeyError("x"), BrokerUnavailable),
        (ValueError("amqp://u:canary@h"), BrokerUnavailable),
    ],
)
async def test_every_error_of_the_library_is_one_of_ours(error, ours):
    """Each error that comes out of the AMQP library is raised as what it means to us."""
    with pytest.raises(BrokerError) as caught, translated_errors("cannot do it"):
        raise error
    assert type(caught.value) is ours
    assert str(caught.value).startswith("cannot do it: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [AccessRefused("a"), BrokerUnavailable("b"), TopologyMismatch("c")]
)
def test_our_own_errors_pass_as_they_are(error):
    """What is in our words already is not translated again."""
    with pytest.raises(type(error)) as caught, translated_errors("cannot do it"):
        raise error
    assert caught.value is error


async def test_a_cancellation_by_the_library_is_a_lost_connection():
    """A CancelledError in a task that nobody cancelled means that the connection died."""
    with pytest.raises(BrokerUnavailable, match="the connection was lost"), translated_errors("x"):
        raise asyncio.CancelledError


async def test_a_cancellation_by_us_is_one():
    """Whoever cancels a task that waits for the broker sees it cancelled."""

    async def wait():
        with translated_errors("x"):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("answer", [asyncio.CancelledError(), OSError("gone"), TimeoutError()])
async def test_whatever_a_library_makes_of_our_cancellation_it_is_one(answer):
    """An error that a library raises in place of a cancellation is no loss of the broker."""

    async def wait():
        with translated_errors("x"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise answer from None

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_opens_in_spite_of_a_cancellation_is_closed(monkeypatch):
    """A connection that a library opens although it was told not to is closed, and that is heard."""
    closed = asyncio.Event()

    class Opened:
        async def close(self):
            closed.set()

    begun = asyncio.Event()

    async def open_all_the_same(*_, **__):
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return Opened()

    monkeypatch.setattr(aio_pika, "connect", open_all_the_same)
    url = URL.format(port=1)
    connecting = asyncio.create_task(connect(url, name="test", heartbeat=10, timeout=30))
    await begun.wait()
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert closed.is_set()


async def test_no_broker_is_unavailable_and_names_no_secret():
    """Where nobody listens the broker is unavailable, and the message holds no password."""
    url = URL.format(port=free_port())
    with pytest.raises(BrokerUnavailable, match=r"cannot connect to amqp://127\.0") as caught:
        await connect(url, name="test", heartbeat=10, timeout=30)
    assert "canary" not in str(caught.value)


async def test_where_nobody_listens_nobody_asks_for_a_certificate():
    """Over TLS as well, a broker that is not there is told as that and no more."""
    url = f"amqps://127.0.0.1:{free_port()}/"
    with pytest.raises(BrokerUnavailable) as caught:
        await connect(url, name="test", heartbeat=10, timeout=5)
    assert "amqp_cert_file" not in str(caught.value)


async def _serve(reader, writer):
    await reader.read(8)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def test_somebody_else_on_the_port_is_unavailable():
    """A server that speaks another protocol is no broker, and nothing worse happens."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        url = URL.format(port=server.sockets[0].getsockname()[1])
        with pytest.raises(BrokerUnavailable) as caught:
            await connect(url, name="test", heartbeat=10, timeout=30)
    assert "canary" not in str(caught.value)


async def test_a_silent_server_is_unavailable_after_the_timeout():
    """A server that takes the connection and says nothing is given up after the timeout."""
    done = asyncio.Event()

    async def say_nothing(_reader, writer):
        await done.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        url = URL.format(port=server.sockets[0].getsockname()[1])
        with pytest.raises(BrokerUnavailable, match="no answer in time"):
            await connect(url, name="test", heartbeat=10, timeout=0.05)
        done.set()


@pytest.mark.parametrize("error", [OSError(), RuntimeError(), asyncio.CancelledError(), None])
async def test_closing_what_is_broken_never_fails(error):
    """Whatever happens while something broken is closed, the closing ends quietly."""

    async def closing():
        if error:
            raise error

    await closed_within(closing(), 30)


async def test_closing_what_hangs_ends_in_time():
    """What does not close is left behind after the timeout."""
    await closed_within(asyncio.Event().wait(), 0.01)
