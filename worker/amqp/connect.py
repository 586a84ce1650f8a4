"""One connection to one broker, and its errors in our words."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractConnection

from worker.amqp.broker_url import is_tls, shown, with_password
from worker.amqp.cancelled import is_cancelled, raise_if_cancelled
from worker.amqp.errors import AccessRefused, BrokerUnavailable, TopologyMismatch
from worker.amqp.tls_refusal import tls_refusal
from worker.amqp.underlay import make_room
from worker.broker_access import BrokerAccess
from worker.settings import Settings

CLOSE_TIMEOUT = 3.0
# The system's errors and the broker's: what they say is no value of ours.
_TELLING = (OSError, aiormq.exceptions.AMQPError, aiormq.exceptions.ChannelInvalidStateError)
_NO_FILES = BrokerAccess()


async def connect_by(settings: Settings, url: str, purpose: str) -> AbstractConnection:
    """Open a connection as the settings say; the broker shows what it is for. Raises as `connect`.

    Everything that is read from files is read now.
    """
    return await connect(
        url,
        name=f"pointsman {settings.worker_id} {purpose}",
        heartbeat=settings.heartbeat,
        timeout=settings.publish_timeout,
        access=BrokerAccess.of(settings),
    )


async def connect(
    url: str, *, name: str, heartbeat: int, timeout: float, access: BrokerAccess = _NO_FILES
) -> AbstractConnection:
    """Open a connection. `timeout` is in seconds, `name` is what the broker shows for it.

    Raises BrokerUnavailable or AccessRefused; the latter as well if a file cannot be read that it
    takes to be let in, or the broker's certificate is not one for it.
    """
    make_room()
    with translated_errors(f"cannot connect to {shown(url)}"):
        whole, tls = await asyncio.to_thread(_credentials, url, access)
        try:
            connection = await aio_pika.connect(
                whole,
                timeout=timeout,
                heartbeat=heartbeat,
                client_properties={"connection_name": name},
                ssl_context=tls,
            )
        except ConnectionError as error:
            if tls is None or access.cert_file is not None or tls_refusal(error) is not None:
                raise
            if isinstance(error.__cause__, ConnectionRefusedError):
                raise  # nobody was there to ask for anything
            # Whether its refusal or the end of the connection is seen first is a matter of chance.
            why = f"{_reason(error)}; does it ask for a certificate of ours, amqp_cert_file?"
            raise BrokerUnavailable(f"cannot connect to {shown(url)}: {why}") from None
    if is_cancelled():  # and it opened all the same
        await closed_within(connection.close(), CLOSE_TIMEOUT)
        raise_if_cancelled()
    return connection


def _credentials(url: str, access: BrokerAccess) -> tuple[str, ssl.SSLContext | None]:
    """Return the URL with its password, and how to speak TLS, if it is to. Reads files."""
    try:
        password = access.password()
        whole = url if password is None else with_password(url, password)
        return whole, access.tls() if is_tls(url) else None
    except ValueError as error:
        raise AccessRefused(str(error)) from None


async def closed_within(closing: Awaitable[object], timeout: float) -> None:
    """Wait for something that may be broken already to close, for `timeout` seconds at most."""
    try:
        await asyncio.wait_for(closing, timeout)
    except asyncio.CancelledError:
        raise_if_cancelled()
    except Exception:  # noqa: BLE001 - it is gone either way
        return


@asynccontextmanager
async def open_channel(
    connection: AbstractConnection, timeout: float
) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    """Open a channel for a few calls, such as declarations, and close it at the end."""
    with translated_errors("cannot open a channel"):
        channel = connection.channel(on_return_raises=True)
        await asyncio.wait_for(channel.initialize(), timeout)  # its own `timeout` does nothing
        underlay = await channel.get_underlay_channel()
    try:
        yield underlay
    finally:
        if not underlay.is_closed:
            await asyncio.wait_for(channel.close(), timeout)


class translated_errors:  # noqa: N801 - used as a context manager, named like one
    """Raises aio-pika's errors as ours; `what` says in a few words what failed."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case None | AccessRefused() | BrokerUnavailable() | TopologyMismatch():
                return
            case Exception() | asyncio.CancelledError() if is_cancelled():
                raise asyncio.CancelledError from None  # somebody cancelled us, and must hear of it
            case (
                aiormq.exceptions.ProbableAuthenticationError()
                | aiormq.exceptions.AuthenticationError()
                | aiormq.exceptions.ChannelAccessRefused()
                | aiormq.exceptions.ConnectionNotAllowed()
            ):
                raise AccessRefused(f"{self._what}: {_reason(error)}") from None
            case aiormq.exceptions.InvalidFrameError() if "Connection.Close" in str(error):
                # How aiormq meets the refusal of a vhost that does not exist.
                why = "the virtual host does not exist, or this user may not use it"
                raise AccessRefused(f"{self._what}: {why}") from None
            case Exception() if (refusal := tls_refusal(error)) is not None:
                raise AccessRefused(f"{self._what}: {refusal}") from None
            case asyncio.TimeoutError():
                raise BrokerUnavailable(f"{self._what}: no answer in time") from None
            case asyncio.CancelledError():
                raise BrokerUnavailable(f"{self._what}: the connection was lost") from None
            case Exception():
                raise BrokerUnavailable(f"{self._what}: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    if not isinstance(error, _TELLING):
        return type(error).__name__  # it may quote a URL, or a part of one
    text = " ".join(str(part) for part in error.args if not isinstance(part, Exception))
    return f"{text or type(error).__name__}"[:300]
