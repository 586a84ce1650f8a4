"""The page for operators and the doctor name the same lines."""

import re
from pathlib import Path

from worker.doctor.sign import Sign

ROOT = Path(__file__).parents[3]
SECTION = (ROOT / "docs" / "operating.md").read_text("utf-8").partition("\n## Doctor\n")[2]
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", SECTION.partition("\n## ")[0], re.MULTILINE)


def test_every_line_of_the_doctor_is_in_the_docs_and_the_other_way_round():
    """The table has one row for each id that the code can say, in the code's order, with its level."""
    assert [(id_, level) for id_, level, _ in ROWS] == [(s.id, s.level.value) for s in Sign]


def test_every_sign_is_said_somewhere():
    """No id is left over that nothing finds any more."""
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "worker" / "doctor").glob("*_findings.py")
    )
    said = set(re.findall(r"Sign\.([A-Z_]+)", source))
    assert said == set(Sign.__members__)
