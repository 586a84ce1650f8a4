"""Who tries what, and what comes of it; and that each defence is what stops its attacks."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.broker.attacks.attack import Attack, agree, message
from tests.broker.attacks.broken_worker import worker_without
from tests.broker.attacks.every import ATTACKS, BY_THE_BROKER, REMOVALS
from tests.broker.attacks.field import Field, prepare
from tests.broker.attacks.table import KEYS, TABLE
from tests.broker.attacks.users import make_users
from tests.broker.client import Client
from tests.broker.service import PointsmanRun
from worker.amqp.any_name import accept_any_name
from worker.demo.read_dead_letter import read_dead_letter

QUEUES = ("dead", *(f"turns.{name}-model" for name in "base owner verified peer codex".split()))


@pytest.fixture(scope="module")
def vhost(module_vhost_url: str) -> str:
    return module_vhost_url.rpartition("/")[2]


@pytest.fixture(scope="module")
def users(broker, vhost) -> dict[str, str]:
    return make_users(broker, vhost, TABLE)


@pytest.fixture(scope="module")
def came(module_vhost_url, users, tmp_path_factory):
    """What came of every attack on one worker, the one that people install."""
    accept_any_name()
    directory = tmp_path_factory.mktemp("attacks")
    with PointsmanRun(users["worker"], TABLE, directory, environ=KEYS) as worker:
        asyncio.run(prepare(module_vhost_url))

        async def attack_it():
            async with Field(users, QUEUES, lambda: len(worker.logged("delivery"))) as field:
                return await field.carry_out(ATTACKS)

        return asyncio.run(attack_it())


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_is_said_comes_of_an_attack(attack: Attack, came):
    """What comes of an attack is what docs/security.md says, no more and no less."""
    assert agree(came[attack.name], attack.expect), came[attack.name]


@pytest.fixture(scope="module")
def table_file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("broken") / "pointsman.yaml"
    path.write_text(json.dumps(TABLE))
    return path


def stopped_by(defence: str) -> list[Attack]:
    return [attack for attack in ATTACKS if attack.stopped_by == defence]


@pytest.mark.parametrize("defence", REMOVALS)
async def test_without_its_defence_an_attack_succeeds(defence, came, users, table_file):
    """On a worker from which one defence is missing every attack that it stops succeeds."""
    attacks = stopped_by(defence)
    assert attacks
    async with (
        worker_without(defence, users["worker"], table_file) as settled,
        Field(users, QUEUES, settled) as field,
    ):
        seen = await field.carry_out(attacks)
    for attack in attacks:
        assert not agree(seen[attack.name], attack.expect)
        assert agree(seen[attack.name], attack.instead), seen[attack.name]


@pytest.mark.parametrize("defence", BY_THE_BROKER)
async def test_without_the_brokers_defence_an_attack_succeeds(defence, came, users, table_file):
    """Where users may do more, what the broker stopped gets through."""
    attacks = stopped_by(defence)
    roles = {**dict.fromkeys(users, users[BY_THE_BROKER[defence]]), "insider": users["insider"]}
    async with (
        worker_without(None, users["worker"], table_file) as settled,
        Field(roles, QUEUES, settled) as field,
    ):
        seen = await field.carry_out(attacks)
    for attack in attacks:
        assert agree(seen[attack.name], attack.instead), seen[attack.name]


async def test_a_letter_that_the_broker_wrote_is_told_from_ours(
    came, users, table_file, module_vhost_url
):
    """A message that expired before a worker saw it keeps forged headers, and the broker's beside them."""
    forged = {"x-dead-reason": "malformed", "x-dead-exchange": "in.cli", "x-death": "yes"}
    async with Client(users["telegram"]) as feeder, Client(module_vhost_url) as client:
        lapsed = timedelta(milliseconds=1)
        await feeder.publish("telegram", message(), expiration=lapsed, headers=forged)
        (letter,) = await client.dead_letters(1)
    assert letter.headers["x-dead-reason"] == "malformed"
    read = read_dead_letter(letter.headers, letter.correlation_id, letter.body, "")
    assert read.reason == "broker_expired"
