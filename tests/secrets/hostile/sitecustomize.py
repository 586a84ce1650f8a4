"""What Python runs first in a process of `tests/broker/test_secret_exits.py`: a hostile embedding.

It listens to every logger at every level, and has deciding go wrong for messages that ask for it,
with all that is at hand in what is raised, in every way that asyncio knows.
"""

import asyncio
import logging
import os
import sys
import warnings
from typing import Any

import worker.log
from routing.decide import Router

FAULT = "fault"

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s: %(message)s")
logging.captureWarnings(capture=True)
warnings.simplefilter("always")
for _name in ("aio_pika", "aiormq", "aiormq.connection", "pamqp", "aiohttp", "asyncio"):
    logging.getLogger(_name).setLevel(logging.DEBUG)
    logging.getLogger(_name).addHandler(logging.StreamHandler())
logging.getLogger("hostile").debug("listens")
if "HOSTILE_LOUD" in os.environ:  # the one defence against that is taken away
    worker.log.silence_libraries = lambda: None

_decide = Router.decide


def _decide_or_choke(router: Any, message: Any, *rest: Any) -> Any:
    if message.source is None or message.source.chat_id != FAULT:
        return _decide(router, message, *rest)
    loop = asyncio.get_running_loop()
    loop.call_soon(_choke, message.text)
    loop.create_future().set_exception(ValueError(message.text))
    raise ValueError(message.model_dump(), router.table, rest)


def _choke(said: str) -> None:
    raise ValueError(said)


setattr(Router, "decide", _decide_or_choke)  # noqa: B010 - mypy knows it for a method
