"""Prometheus' own tool on the alert rules and on the metrics page, where it is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_deploy import RULES
from worker.metrics import Metrics
from worker.service.readiness import Readiness

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "alerts.yaml"
PROMTOOL = shutil.which("promtool")


def promtool(*arguments: str, given: bytes = b"") -> str:
    """Run promtool on `given` and return all that it says; it must be content."""
    if PROMTOOL is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus)")
    ran = subprocess.run(
        [PROMTOOL, *arguments], input=given, capture_output=True, check=False, timeout=60
    )
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode == 0, said
    return said


def test_the_rules_are_good():
    """Prometheus takes the file, with all of its rules."""
    rules = ROOT / "deploy" / "prometheus-rules.yaml"
    assert f"{len(RULES)} rules found" in promtool("check", "rules", str(rules))


def test_alerts_come_when_they_should_and_only_then():
    """Each alert fires on the series that it is for, and none while all is well."""
    assert "SUCCESS" in promtool("test", "rules", str(CASES))


def test_the_page_is_as_prometheus_wants_it():
    """Prometheus' linter has nothing to say about names, types and help of the metrics."""
    page = Metrics(Readiness("0123456789ab", 8)).page()
    assert promtool("check", "metrics", given=page) == ""


def test_every_alert_has_its_case():
    """Each alert is expected to fire at least once."""
    cases = CASES.read_text("utf-8")
    fired = re.findall(r'alertname="(\w+)".*\n\s+exp_samples: \[\{', cases)
    assert set(fired) == {rule["alert"] for rule in RULES}
