import asyncio

import pytest

from worker.amqp.read_ahead import ReadAhead


async def test_a_cancellation_is_heard_even_as_the_last_letter_comes():
    """Who is cancelled while waiting for a letter hears of it, whatever comes in that moment."""
    read = ReadAhead()
    waiting = asyncio.create_task(read.next(60))
    await asyncio.sleep(0)
    read.end()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
