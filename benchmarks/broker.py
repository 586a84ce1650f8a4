"""The broker that is measured on: a private node with the service's own topology."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.sample import table_text
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.debian_package import ensure_installed
from worker.demo.machine import Machine
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

COMMAND = str(Path(sys.executable).with_name("pointsman"))
_SETTING = "POINTSMAN_"
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a measurement takes place."""

    url: str
    broker_pid: int
    queue_type: str
    partitions: int
    folder: Path
    """A temporary one, with the table in it; logs go there."""

    @property
    def environment(self) -> dict[str, str]:
        """What processes here are started with; settings of the person who measures stay out."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith(_SETTING)}
        return kept | {
            "PYTHONPATH": str(_ROOT),
            f"{_SETTING}CONFIG": str(self.folder / "pointsman.yaml"),
            f"{_SETTING}AMQP_URL": self.url,
            f"{_SETTING}QUEUE_TYPE": self.queue_type,
            f"{_SETTING}PARTITIONS": str(self.partitions),
            f"{_SETTING}HTTP": "127.0.0.1:0",
            f"{_SETTING}LOG_FORMAT": "json",
        }


@contextmanager
def stand(
    queue_type: str,
    partitions: int,
    table: str | None = None,
    installation: RabbitmqInstallation | None = None,
) -> Iterator[Stand]:
    """A fresh private broker that has the topology of a table; all is gone after the block.

    Without an `installation` it is this machine's. Raises BrokerUnavailable where there is none and
    none can be installed.
    """
    installation = installation or ensure_installed(
        Machine(), lambda line: print(line, file=sys.stderr)
    )
    with PrivateBroker(installation) as broker, TemporaryDirectory(prefix="pointsman-") as name:
        folder = Path(name)
        (folder / "pointsman.yaml").write_text(table or table_text(), encoding="utf-8")
        place = Stand(broker.url(), broker.pid or 0, queue_type, partitions, folder)
        _apply_topology(place)
        yield place


def _apply_topology(place: Stand) -> None:
    command = [COMMAND, "topology", "apply"]
    done = subprocess.run(
        command, env=place.environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BrokerUnavailable(f"pointsman topology apply: {said[-1]}")
