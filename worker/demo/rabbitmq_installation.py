"""Where a RabbitMQ server lies on this machine."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PACKAGE_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_ERL_CALL = "usr/lib/erlang/erts-*/bin/erl_call"

# A bind mount of /proc that goes away with the process: nothing stays mounted.
_ENTER_ROOT = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'


@dataclass(frozen=True, slots=True)
class RabbitmqInstallation:
    """`scripts` is the directory of `rabbitmq-server` and `rabbitmqctl`, as seen inside `root`.

    `root` is another root file system to run them in, which needs root; None is this one.
    """

    scripts: Path
    root: Path | None = None

    def script(self, name: str, *arguments: str) -> list[str]:
        """The command that runs one of RabbitMQ's scripts."""
        return self.program(str(self.scripts / name), *arguments)

    @property
    def erl_call(self) -> str | None:
        """The program of Erlang's that asks a node something; None where it is not by a package."""
        found = max((self.root or Path("/")).glob(_ERL_CALL), default=None)
        return None if found is None else f"/{found.relative_to(self.root or '/')}"

    def program(self, name: str, *arguments: str) -> list[str]:
        """The command that runs any program where this installation lies."""
        if self.root is None:
            return [name, *arguments]
        return ["unshare", "-m", "--", "sh", "-c", _ENTER_ROOT, str(self.root), name, *arguments]


def installed_rabbitmq(
    which: Callable[[str], str | None] = shutil.which, package_scripts: Path = _PACKAGE_SCRIPTS
) -> RabbitmqInstallation | None:
    """The RabbitMQ installed on this machine, or None.

    Packages put wrappers on the PATH that switch to the user rabbitmq and refuse anybody else, so
    only a directory with `rabbitmq-env` beside `rabbitmq-server` counts: those are the scripts
    themselves.
    """
    on_path = which("rabbitmq-server")
    directories = [package_scripts, *([Path(on_path).resolve().parent] if on_path else [])]
    for directory in directories:
        if all((directory / name).exists() for name in ("rabbitmq-server", "rabbitmq-env")):
            return RabbitmqInstallation(directory)
    return None
