"""The RabbitMQ versions that this machine can run, and how more of them are made."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.demo.rabbitmq_installation import RabbitmqInstallation, installed_rabbitmq

VARIABLE = "POINTSMAN_CAMPAIGN_BROKERS"
_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
# Debian's releases with a newer RabbitMQ than the one most people have; forky moves on.
_SUITES = {"trixie": None, "forky": "/usr/share/debootstrap/scripts/sid"}
_HOSTS = "127.0.0.1 localhost\n"  # without it a node of RabbitMQ 4.3 hangs


class NoSuchRelease(Exception):
    """A version that is not to be had here; one line."""


@dataclass(frozen=True, slots=True)
class Release:
    """`version` is major and minor, such as 3.10."""

    version: str
    installation: RabbitmqInstallation


def default_directory(environ: Mapping[str, str]) -> Path:
    """Return where other versions are looked for, unless told."""
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(environ.get(VARIABLE) or cache / "pointsman" / "brokers")


def find_releases(directory: Path) -> dict[str, Release]:
    """Return what can be run: the installed one, and the root file systems in a directory."""
    installed = installed_rabbitmq()
    installations = [] if installed is None else [installed]
    if os.geteuid() == 0 and directory.is_dir():
        installations += [
            RabbitmqInstallation(_SCRIPTS, root)
            for root in sorted(directory.iterdir())
            if (root / _SCRIPTS.relative_to("/") / "rabbitmq-server").exists()
        ]
    releases = [Release(_version(each), each) for each in installations]
    return {release.version: release for release in reversed(releases)}


def choose_releases(wanted: str | None, directory: Path) -> list[Release]:
    """Return what `--broker` asks for: `all`, a comma list, or None for the installed one.

    Raises NoSuchRelease.
    """
    found = find_releases(directory)
    oldest_first = sorted(found, key=lambda version: [int(part) for part in version.split(".")])
    if not found:
        raise NoSuchRelease("no RabbitMQ is installed (apt-get install rabbitmq-server)")
    if wanted is None:
        return [
            next(
                (each for each in found.values() if each.installation.root is None),
                found[oldest_first[0]],
            )
        ]
    if wanted == "all":
        return [found[version] for version in oldest_first]
    missing = [version for version in wanted.split(",") if version not in found]
    if missing:
        raise NoSuchRelease(
            f"no RabbitMQ {', '.join(missing)} here, only {', '.join(oldest_first)};"
            " `brokers --make` makes others"
        )
    return [found[version] for version in wanted.split(",")]


def make_releases(directory: Path, say: Callable[[str], None]) -> None:
    """Make a root file system with each newer version. Raises NoSuchRelease if it cannot be."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoSuchRelease("this needs root and debootstrap (apt-get install debootstrap)")
    mirror = _mirror()
    for suite, script in _SUITES.items():
        root = directory / suite
        if (root / _SCRIPTS.relative_to("/") / "rabbitmq-server").exists():
            say(f"{suite}: there already")
            continue
        say(f"{suite}: half a minute and 370 MB ...")
        directory.mkdir(parents=True, exist_ok=True)
        command = ["debootstrap", "--variant=minbase", "--include=rabbitmq-server"]
        command += [suite, str(root), mirror, *([script] if script else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise NoSuchRelease(f"debootstrap {suite}: {' '.join(last)}")
        (root / "etc/hosts").write_text(_HOSTS)


def _mirror() -> str:
    """Return the archive that apt already uses, for distributions of Debian's main section."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    mirrors = [line.split() for line in listed.splitlines()]
    for mirror, component in (found for found in mirrors if len(found) == 2):
        if component == "main" and "security" not in mirror:
            return mirror
    raise NoSuchRelease("apt names no archive to take other versions from")


def _version(installation: RabbitmqInstallation) -> str:
    scripts = installation.scripts
    if installation.root is not None:
        scripts = installation.root / scripts.relative_to("/")
    for folder in sorted((scripts.parent / "lib").glob("rabbitmq_server-*")):
        return ".".join(folder.name.partition("-")[2].split(".")[:2])
    return "0"
