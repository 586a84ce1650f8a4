import os
import subprocess
from pathlib import Path

import pytest

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.debian_package import ensure_installed, install_command, install_package
from worker.demo.machine import Machine, Ran
from worker.demo.rabbitmq_installation import RabbitmqInstallation

DEBIAN = "ID=debian\n"
INSTALLED = RabbitmqInstallation(Path("/somewhere"))

# Stands in for apt-get: says whether services may be started while it runs, then ends as told.
APT_GET = """#!/bin/sh
"$POLICY" rabbitmq-server start; echo "$2 $*: policy $?"
exit $APT_EXIT_CODE
"""
ECHO = """#!/bin/sh
echo "${0##*/} $*" >&2
"""


@pytest.fixture
def install(tmp_path):
    """Run the installing script with harmless programs in place of the system's."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in {"apt-get": APT_GET, "systemctl": ECHO}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(policy: Path, apt_exit_code: int = 0):
        return subprocess.run(
            install_command(str(policy)),
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "POLICY": str(policy),
                "APT_EXIT_CODE": str(apt_exit_code),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def a_machine(ran: list, *, code: int = 0, output: str = "", is_root=True, installs=True):
    answers = iter([None, INSTALLED if installs else None])

    def run(command, timeout):
        ran.append(list(command))
        return Ran(code, output)

    return Machine(
        environ={},
        which=lambda name: f"/usr/bin/{name}",
        run=run,
        installed=lambda: next(answers),
        is_root=is_root,
        os_release=DEBIAN,
    )


def test_no_service_may_be_started_while_the_package_is_installed(install, tmp_path):
    """While apt-get runs services are forbidden, and afterwards nothing of that is left."""
    policy = tmp_path / "policy-rc.d"
    done = install(policy)
    assert done.returncode == 0
    assert "install --no-install-recommends rabbitmq-server: policy 101" in done.stdout
    assert not policy.exists()


def test_the_service_is_not_left_to_start_at_the_next_boot(install, tmp_path):
    """The package's service is disabled again."""
    done = install(tmp_path / "policy-rc.d")
    assert "systemctl --quiet disable rabbitmq-server.service" in done.stderr


def test_a_failed_installation_leaves_no_policy_behind(install, tmp_path):
    """When apt-get fails, so does the script, and services may be started again."""
    policy = tmp_path / "policy-rc.d"
    assert install(policy, apt_exit_code=100).returncode == 100
    assert not policy.exists()


def test_somebody_elses_policy_stays_as_it_is(install, tmp_path):
    """A policy that is there already is obeyed and not touched."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    policy.chmod(0o755)
    assert "policy 104" in install(policy).stdout
    assert policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_installing_is_announced_before_it_begins():
    """People are told that something is about to be installed before it is."""
    events: list = []
    machine = a_machine(events)
    machine.installed()
    assert install_package(machine, events.append) == INSTALLED
    said, command = events
    assert "apt-get" in said
    assert command[0] == "sh"


def test_an_ordinary_user_installs_with_sudo():
    """Without being root the script runs under sudo, which is told not to ask for a password."""
    ran: list = []
    ensure_installed(a_machine(ran, is_root=False), lambda line: None)
    assert ran[-1][:3] == ["sudo", "-n", "sh"]


def test_apt_gets_own_reason_is_passed_on():
    """When apt-get fails, its error is in the one line that people see."""
    output = "Reading package lists...\nE: Unable to locate package rabbitmq-server\n"
    with pytest.raises(BrokerUnavailable, match=r"rabbitmq-server: E: Unable to locate package"):
        ensure_installed(a_machine([], code=100, output=output), lambda line: None)


def test_a_package_without_a_broker_is_reported():
    """An installation that brings no RabbitMQ we can run is an error, not a crash."""
    with pytest.raises(BrokerUnavailable, match="no RabbitMQ that we know how to run"):
        ensure_installed(a_machine([], installs=False), lambda line: None)


def test_what_is_installed_is_not_installed_again():
    """With RabbitMQ installed nothing is run and nothing is said."""
    events: list = []
    machine = a_machine(events)
    machine.installed()
    assert ensure_installed(machine, events.append) == INSTALLED
    assert events == []
