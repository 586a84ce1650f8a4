import asyncio

import pytest

from tests.broker.service import PointsmanRun, eventually
from tests.broker.traffic import TABLE, Feeder, Ledger, all_arrived, rounds, runners

CONVERSATIONS = 500
ROUNDS = 40
# A quorum queue that is killed within a second of its declaration loses confirmed messages on a
# single node, on every version of RabbitMQ: nothing is crashed until this long after.
SETTLING = 3.0


@pytest.mark.timeout(240)
async def test_order_is_kept_and_nothing_lost_through_a_crash_and_a_restart(own_broker, tmp_path):
    """Of 20,000 messages in 500 conversations none is lost, none overtakes, while the broker is killed once and restarted once."""
    broker = own_broker()
    url, ledger = broker.url(), Ledger()
    with PointsmanRun(url, TABLE, tmp_path, turns_single_active="true", log_level="info") as run:
        await asyncio.sleep(SETTLING)
        async with runners(url, ledger):
            feeding = asyncio.create_task(Feeder(url, ledger).feed(rounds(CONVERSATIONS, ROUNDS)))
            await eventually(lambda: ledger.jobs > 5000, "a quarter of the jobs", 60)
            broker.kill()
            await asyncio.to_thread(restart, broker)
            await eventually(lambda: ledger.jobs > 12000, "more than half of the jobs", 60)
            await asyncio.to_thread(broker.stop)
            await asyncio.to_thread(restart, broker)
            await feeding
            await all_arrived(ledger, 60)
        restarts = len(run.logged("consuming")) - 1
    assert len(ledger.confirmed) == CONVERSATIONS * ROUNDS
    assert ledger.wrong == []
    assert restarts >= 2


def restart(broker):
    broker.start()
    broker.wait_ready()
