"""A real RabbitMQ for every test in this folder."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.broker.listed import listed as list_all
from tests.broker.service import PointsmanRun
from tests.broker.users import USUAL_WORKER, grant, planned_users, url_of
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation, installed_rabbitmq

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def installation() -> RabbitmqInstallation:
    """The RabbitMQ of this machine; without one, skip at home and fail where CI is set."""
    found = installed_rabbitmq()
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("needs an installed RabbitMQ server (apt-get install rabbitmq-server)")
    return found


@pytest.fixture(scope="session")
def broker(installation: RabbitmqInstallation) -> Iterator[PrivateBroker]:
    """One node for the whole session: leave it running and as it was."""
    with PrivateBroker(installation) as node:
        yield node


@contextmanager
def _temporary_vhost(broker: PrivateBroker) -> Iterator[str]:
    # In it `guest` may do anything, and the workers' user what workers have to.
    name = f"test-{uuid.uuid4().hex[:12]}"
    broker.add_vhost(name)
    grant(broker, name, [USUAL_WORKER])
    yield name
    broker.delete_vhost(name)


@pytest.fixture
def vhost(broker: PrivateBroker) -> Iterator[str]:
    """The name of an empty virtual host, deleted after the test."""
    with _temporary_vhost(broker) as name:
        yield name


@pytest.fixture(scope="module")
def module_vhost_url(broker: PrivateBroker) -> Iterator[str]:
    """The URL of a virtual host that the tests of one file share, deleted after the last."""
    with _temporary_vhost(broker) as name:
        yield broker.url(name)


@pytest.fixture
def listed(broker: PrivateBroker, vhost: str) -> Callable[..., list[dict[str, Any]]]:
    """Ask the broker for what is in the test's vhost: `listed("queues", "name", "arguments")`."""
    return partial(list_all, broker, vhost)


@pytest.fixture
def vhost_url(broker: PrivateBroker, vhost: str) -> str:
    """The URL of an empty virtual host on the session's node."""
    return broker.url(vhost)


@pytest.fixture
def own_broker(installation: RabbitmqInstallation) -> Iterator[Callable[..., PrivateBroker]]:
    """Start nodes of the test's own, to crash: `own_broker(config=...)` gives one that is ready."""
    with ExitStack() as nodes:

        def start(**options) -> PrivateBroker:
            return nodes.enter_context(PrivateBroker(installation, **options))

        yield start


@pytest.fixture
def worker_url(broker: PrivateBroker, vhost: str) -> str:
    """The URL of the test's vhost for a worker's own user, who may do what workers have to."""
    return url_of(broker, vhost, USUAL_WORKER)


@pytest.fixture
def run_pointsman(
    broker: PrivateBroker, vhost: str, worker_url: str, vhost_url: str, tmp_path: Path
) -> Iterator[Callable[..., PointsmanRun]]:
    """Start `pointsman run` on the test's vhost: `run_pointsman(config)` gives one that is ready.

    It has the worker's own user, with what the table `user_for` needs, else its own; a shadow has
    an operator's. Whatever still runs behind the test is drained, last one first, and must exit
    with 0.
    """

    def own_url(config, environ=None, *, shadow=False, **settings) -> str:
        if shadow:
            return vhost_url
        worker, *_ = planned_users(config, environ, **settings)
        grant(broker, vhost, [worker])
        return url_of(broker, vhost, worker)

    with ExitStack() as runs:

        def start(config, url=None, user_for=None, **settings) -> PointsmanRun:
            where = url or own_url(user_for or config, **settings)
            return runs.enter_context(PointsmanRun(where, config, tmp_path, **settings))

        yield start
