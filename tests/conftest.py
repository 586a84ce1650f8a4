"""What every test gets."""

import asyncio
import inspect
import math
import os
import time

import hypothesis
import pytest

# Test machines are shared and slow at times: how long an example took says nothing about us.
hypothesis.settings.register_profile("pointsman", deadline=None, print_blob=True)
hypothesis.settings.load_profile("pointsman")

_BEGAN = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    """A limit for whoever has one: on a machine of half the speed all of it takes twice as long."""
    help_ = "skip tests of a broker that have not begun after so many minutes; they are the last"
    parser.addoption("--minutes", type=float, default=math.inf, help=help_)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests that need no broker first."""
    items.sort(key=_needs_broker)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what there is no time for, and says so."""
    minutes = item.config.getoption("--minutes")
    if _needs_broker(item) and time.monotonic() - _BEGAN > 60 * minutes:
        pytest.skip(f"the {minutes:g} minutes were over: run it without --minutes")


def _needs_broker(item: pytest.Item) -> bool:
    return item.get_closest_marker("broker") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs `async def` tests, each on an event loop of its own, which closes with the test."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    # Fixtures may be in use that the test does not take as arguments.
    taken = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in taken}))
    return True


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """No `POINTSMAN_*` variable of the person who runs the tests reaches a test."""
    for name in [name for name in os.environ if name.startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
