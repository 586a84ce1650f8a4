"""A real browser and a real RabbitMQ for the tests of the page."""

import os
import shutil

import pytest

from tests.broker.conftest import (
    broker,
    installation,
    run_pointsman,
    vhost,
    vhost_url,
    worker_url,
)

__all__ = ["broker", "installation", "run_pointsman", "vhost", "vhost_url", "worker_url"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/console" in item.path.as_posix():
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of this machine's Chromium; without one, skip at home and fail where CI is set."""
    found = shutil.which("chromium")
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("needs an installed Chromium (apt-get install chromium)")
    return found
