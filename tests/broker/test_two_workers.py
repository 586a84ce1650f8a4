"""Two workers on the same partitions."""

import asyncio
import signal

from tests.broker.service import eventually
from tests.broker.traffic import TABLE, Feeder, Ledger, all_arrived, rounds, runners

CONVERSATIONS = 200
ROUNDS = 40


async def test_one_of_two_workers_is_killed(vhost_url, run_pointsman):
    """Killed under load, a worker leaves nothing lost and nothing out of order; what comes twice is the same turn."""
    ledger = Ledger()
    one = run_pointsman(TABLE, turns_single_active="true", worker_id="one")
    two = run_pointsman(TABLE, turns_single_active="true", worker_id="two")
    async with runners(vhost_url, ledger):
        # Held until all of it waits, so that the one killed has its hands full.
        for each in (one, two):
            each.signal(signal.SIGSTOP)
        await Feeder(vhost_url, ledger).feed(rounds(CONVERSATIONS, ROUNDS))
        for each in (one, two):
            each.signal(signal.SIGCONT)
        await eventually(lambda: ledger.jobs > 2000, "a quarter of the jobs")
        busy, other = (one, two) if one.logged("delivery") else (two, one)
        busy.kill()
        await eventually(lambda: other.logged("delivery"), "the other has taken over")
        await all_arrived(ledger)
    assert len(ledger.confirmed) == CONVERSATIONS * ROUNDS
    assert ledger.wrong == []
    # At most what one worker had published and not acked: one turn per conversation, and no more
    # than a worker may hold.
    assert ledger.repeats <= 8 * 100
    again = [line for line in other.logged("delivery") if line.get("redelivered")]
    assert again, "nothing was on its way when it was killed"


async def test_a_worker_that_joins_disturbs_nobody(vhost_url, run_pointsman):
    """A newcomer under load, and the drain of the first, cost no message, no order and no repeat."""
    ledger = Ledger()
    first = run_pointsman(TABLE, turns_single_active="true", worker_id="first")
    async with runners(vhost_url, ledger):
        feeding = asyncio.create_task(Feeder(vhost_url, ledger).feed(rounds(100, 30)))
        await eventually(lambda: ledger.jobs > 300, "some of the jobs")
        run_pointsman(TABLE, turns_single_active="true", worker_id="newcomer")
        await asyncio.to_thread(first.stop)
        await feeding
        await all_arrived(ledger)
    assert len(ledger.confirmed) == 3000
    assert (ledger.wrong, ledger.repeats) == ([], 0)
