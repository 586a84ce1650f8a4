"""What is installed: the lock files, and the wheel built from this checkout."""

import re
import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("worker.txt", "build.txt", "dev.txt")
PIN = re.compile(r"([a-z0-9-]+)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)")


def lines_of(lock):
    """The requirements of a lock file, one text each, comments left out."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    joined = re.sub(r"\s*\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n?", "", text))
    return [line for line in joined.splitlines() if line.strip()]


def pins_of(lock):
    """Name and version of each requirement of a lock file."""
    matches = [PIN.fullmatch(line.strip()) for line in lines_of(lock)]
    return {match[1]: match[2] for match in matches if match}


def name_of(requirement):
    """The normalised name at the start of a requirement."""
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that this checkout builds, open."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", str(folder)], cwd=ROOT, check=True)
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        yield archive


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_with_hashes(lock):
    """Each line of a lock file is one exact version with its hashes and nothing else."""
    lines = lines_of(lock)
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line.strip())] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_name_no_place(lock):
    """A lock file names no address, no index and no folder of the machine that made it."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert re.findall(r"\S*://\S*|--(?!hash=)\S*|(?<![\w.])/\w\S*", text) == []


def test_what_the_service_needs_is_locked():
    """Every dependency that pyproject.toml declares is pinned for the service."""
    declared = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["worker"]]
    assert {name_of(text) for text in declared} <= pins_of("worker.txt").keys()


@pytest.mark.parametrize("lock", ["worker.txt", "build.txt"])
def test_tests_run_on_the_versions_that_are_shipped(lock):
    """What is pinned for the service or the build is pinned for development at the same version."""
    assert pins_of(lock).items() <= pins_of("dev.txt").items()


def test_a_bare_install_brings_pydantic_only(wheel):
    """Feeders and runners that install the wheel without extras get pydantic and nothing else."""
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    needs = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    assert [name_of(text) for text in needs if "extra ==" not in text] == ["pydantic"]


def test_the_wheel_carries_everything_that_runs(wheel):
    """The wheel holds every module, type marker, schema and example of the checkout."""
    expected = {
        path.relative_to(ROOT).as_posix().replace("examples/", "worker/demo/examples/", 1)
        for folder in ("contracts", "routing", "worker", "examples")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_the_wheel_installs_the_command_and_the_licence(wheel):
    """The wheel names the `pointsman` command and brings the licence text."""
    names = {name.partition(".dist-info/")[2]: name for name in wheel.namelist()}
    points = wheel.read(names["entry_points.txt"]).decode()
    assert "pointsman = worker.cli.entry_point:main" in points
    assert b"Apache License" in wheel.read(names["licenses/LICENSE"])
