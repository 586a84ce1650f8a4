"""What the processes of the demo report, written into the scene."""

import json
import time
from typing import Any

from worker.demo.ledger import MessageKey
from worker.demo.read_dead_letter import DeadMessage
from worker.demo.scene import Scene


class Reports:
    """Takes the lines that feeder, runner and worker say. A line that is no report is left out."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def from_feeder(self, line: str) -> None:
        """Take a line of the feeder: the broker has confirmed a message."""
        report = _json_object(line)
        if "exchange" in report:
            platform = str(report["exchange"]).removeprefix("in.")
            self._scene.ledger.record_fed(MessageKey(platform, str(report["id"])))
            self._scene.feeding.count(time.monotonic())

    def from_runner(self, line: str) -> None:
        """Take a line of the runner: it is done with a job."""
        report = _json_object(line)
        if "sequence" not in report:
            return
        job = (
            MessageKey(report["source"]["platform"], report["message_id"]),
            report["conversation_id"],
            report["model"],
            report["sequence"],
        )
        if report["outcome"] == "rejected":
            self._scene.ledger.record_rejected(*job)
        else:
            self._scene.ledger.record_job(*job)
        self._scene.running.count(time.monotonic())

    def from_worker(self, line: str) -> bool:
        """Take a line of a worker's log; return whether it says that the worker is consuming."""
        report = _json_object(line)
        self._scene.flow.record(report)
        if report.get("outcome") == "duplicate":
            key = MessageKey(str(report["platform"]), str(report["message_id"]))
            self._scene.ledger.record_dropped(key)
        return report.get("event") == "consuming"

    def from_dead_queue(self, dead: DeadMessage) -> None:
        """Take a dead letter."""
        self._scene.ledger.record_dead(dead.key, dead.reason)


def _json_object(line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
