"""What every test gets."""

import asyncio
import inspect
import os

import hypothesis
import pytest

# Test machines are shared and slow at times: how long an example took says nothing about us.
hypothesis.settings.register_profile("pointsman", deadline=None, print_blob=True)
hypothesis.settings.load_profile("pointsman")


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
