"""The commands that the demo runs: the service itself, and the examples."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.demo.examples_folder import examples_folder
from worker.demo.named_broker import URL_VARIABLE


@dataclass(frozen=True, slots=True)
class Commands:
    """How to start each process. Broker URLs travel in the environment: `ps` shows arguments."""

    config: Path
    prefix: str
    urls: str = field(repr=False)
    """As the user gave them: a comma list, all of which the worker may use."""
    url: str = field(repr=False)
    """The one of them that the feeder and the runner use."""
    console: str = "none"
    """Where the first worker serves the console, HOST:PORT: it shows all of them."""

    def worker(self, number: int) -> list[str]:
        """Return the command of a worker: the real `pointsman run`."""
        settings = {
            "--config": str(self.config.absolute()),
            "--prefix": self.prefix,
            "--worker-id": f"demo-{number}",
            "--http": self.console if number == 1 else "none",
            "--console-token-file": "none",
            "--log-format": "json",
            "--log-level": "info",
        }
        options = [part for pair in settings.items() for part in pair]
        # -P: the folder it runs in is no place to import from.
        return [sys.executable, "-P", "-m", "worker.cli", "run", *options]

    def feeder(self, samples: Path, rate: float) -> list[str]:
        """Return the command of the feeder, at `rate` messages per second at most."""
        options = ["--prefix", self.prefix, "--rate", str(rate), "--samples", str(samples)]
        return [sys.executable, str(examples_folder() / "feeder.py"), *options]

    def runner(self, models: Sequence[str]) -> list[str]:
        """Return the command of a runner for `models`."""
        options = ["--prefix", self.prefix, "--", *models]
        return [sys.executable, str(examples_folder() / "runner.py"), *options]

    def worker_environment(self) -> Mapping[str, str]:
        """Return the environment of a worker."""
        return {**os.environ, URL_VARIABLE: self.urls}

    def client_environment(self) -> Mapping[str, str]:
        """Return the environment of the feeder and the runner."""
        return {**os.environ, URL_VARIABLE: self.url}
