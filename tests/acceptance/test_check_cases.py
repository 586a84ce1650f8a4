import json
import subprocess
import sys
from pathlib import Path

import pytest

POINTSMAN = Path(sys.executable).parent / "pointsman"
CASES = [
    case
    for line in (Path(__file__).parent.parent / "data/routing.jsonl")
    .read_text("utf-8")
    .splitlines()
    if "check" in (case := json.loads(line))["expect"]
]
EXIT = {"error": 2, "warning": 0}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_check_finds_what_is_wrong(case, tmp_path):
    """`pointsman check` of a worked case exits as it must and mentions what it must."""
    table = tmp_path / "pointsman.yaml"
    table.write_text(case.get("config_text") or json.dumps(case["config"]), encoding="utf-8")
    done = subprocess.run(
        [POINTSMAN, "check", table], capture_output=True, text=True, timeout=60, check=False
    )
    severity = case["expect"]["check"]
    assert done.returncode == EXIT[severity], done.stdout + done.stderr
    assert f": {severity}: " in done.stdout
    for words in case["expect"].get("mentions", ()):
        assert words in done.stdout
    assert "Traceback" not in done.stderr
