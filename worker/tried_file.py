"""A table file whose own tests were tried."""

from dataclasses import dataclass
from datetime import datetime

from routing.coverage import Coverage, coverage
from routing.decide import Router
from routing.tried_test import TriedTest, try_test
from worker.config_file import CheckedFile
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class TriedFile:
    """A checked file, and what came of its `tests:`."""

    checked: CheckedFile
    tried: tuple[TriedTest, ...] = ()
    """In the order of the file; none where it has errors."""
    coverage: Coverage | None = None
    """None where nothing was tried."""

    @property
    def failed(self) -> tuple[TriedTest, ...]:
        return tuple(each for each in self.tried if each.differences)

    @property
    def untried(self) -> int:
        """How many of its tests, so far as they can be read, were not tried."""
        loaded = self.checked.loaded
        return 0 if loaded is None else len(loaded.tests) - len(self.tried)


def try_file(checked: CheckedFile, now: datetime) -> TriedFile:
    """Try the tests of a file, by its own settings; `now` is for those that do not say when."""
    loaded = checked.loaded
    if checked.errors or loaded is None or loaded.table is None or not loaded.tests:
        return TriedFile(checked)
    stated = {name: setting.text for name, setting in loaded.settings.items()}
    max_hops = Settings.load({}, {}, stated).max_hops
    router = Router(loaded.table)
    tried = tuple(try_test(test, router, now, max_hops) for test in loaded.tests)
    return TriedFile(checked, tried, coverage(loaded.table, tried))
