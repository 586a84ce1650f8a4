"""RabbitMQ from the distribution's package, without the system service that comes with it.

As a program it makes sure that RabbitMQ is installed: `python -m worker.demo.debian_package`.
"""

import re
import sys
from collections.abc import Callable

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.machine import Machine
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_SUDO_TIMEOUT = 5.0

# invoke-rc.d and deb-systemd-invoke, which packages start their services with, ask policy-rc.d;
# 101 means "do not". The script is run whole by root, so that the file goes away even if the
# process that started it is killed. A failed update may still leave a package list that serves.
_INSTALL = """\
set -eu
export DEBIAN_FRONTEND=noninteractive
policy="$1"
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
fi
services=rabbitmq-server.service
if [ ! -x /usr/bin/epmd ]; then
    services="$services epmd.service epmd.socket"
fi
apt-get -q update || :
apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends rabbitmq-server
if command -v systemctl > /dev/null; then
    systemctl --quiet disable $services || :
else
    update-rc.d rabbitmq-server disable || :
fi
"""


def can_install_package(machine: Machine) -> bool:
    """Whether this is Debian or one of its kind, and we are root or may be without a password."""
    if machine.which("apt-get") is None or not _is_debian(machine.os_release):
        return False
    return machine.is_root or _sudo_works(machine)


def install_package(machine: Machine, say: Callable[[str], None]) -> RabbitmqInstallation:
    """Install `rabbitmq-server` with apt-get; its service is neither started nor enabled.

    Raises `BrokerUnavailable` with apt-get's reason if that fails.
    """
    say("Installing rabbitmq-server with apt-get (its system service stays off) ...")
    as_root = [] if machine.is_root else ["sudo", "-n"]
    ran = machine.run([*as_root, *install_command()], None)
    if ran.code:
        raise BrokerUnavailable(f"apt-get did not install rabbitmq-server: {_reason(ran.output)}")
    installation = machine.installed()
    if installation is None:
        raise BrokerUnavailable(
            "the package rabbitmq-server holds no RabbitMQ that we know how to run"
        )
    return installation


def install_command(policy: str = "/usr/sbin/policy-rc.d") -> list[str]:
    """The command that installs the package and, while it runs, lets no service be started.

    A `policy` that is there already is somebody's decision, and stays as it is.
    """
    return ["sh", "-c", _INSTALL, "sh", policy]


def ensure_installed(machine: Machine, say: Callable[[str], None]) -> RabbitmqInstallation:
    """The RabbitMQ of this machine, installed now if it was not and we may.

    Raises `BrokerUnavailable` if there is none and none can be installed.
    """
    installation = machine.installed()
    if installation is not None:
        return installation
    if can_install_package(machine):
        return install_package(machine, say)
    raise BrokerUnavailable("no RabbitMQ server is installed, and nothing may be installed here")


def _is_debian(os_release: str) -> bool:
    kinds = re.findall(r"^ID(?:_LIKE)?=[\"']?([^\"'\n]*)", os_release, re.MULTILINE)
    return not {"debian", "ubuntu"}.isdisjoint(" ".join(kinds).split())


def _sudo_works(machine: Machine) -> bool:
    if machine.which("sudo") is None:
        return False
    return machine.run(["sudo", "-n", "true"], _SUDO_TIMEOUT).code == 0


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines[-1:] or ["it said nothing"])[0]


def main() -> int:
    """Exit code 0 if RabbitMQ is installed now, else 3 and one line."""
    try:
        ensure_installed(Machine(), _say)
    except BrokerUnavailable as error:
        _say(str(error))
        return 3
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
