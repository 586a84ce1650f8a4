import contextlib
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.find_broker import BrokerSource, FoundBroker, broker_sources, find_broker
from worker.demo.machine import Machine, Ran
from worker.demo.rabbitmq_installation import RabbitmqInstallation

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = "NAME='Ubuntu'\nID=ubuntu\nID_LIKE=debian\n"
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'
FEDORA = "ID=fedora\n"
INSTALLED = RabbitmqInstallation(Path("/somewhere"))


class Commands:
    """Answers commands by their first words, and remembers what was run."""

    def __init__(self, **answers: int) -> None:
        self.answers = answers
        self.ran: list[str] = []

    def __call__(self, command: Sequence[str], timeout: float | None) -> Ran:
        self.ran.append(" ".join(command[:2]))
        return Ran(self.answers.get(command[0], 127))


def a_machine(
    commands: Commands | None = None,
    *,
    url: str = "",
    installed: bool = False,
    programs: Sequence[str] = ("docker", "apt-get", "sudo"),
    is_root: bool = False,
    os_release: str = DEBIAN,
) -> Machine:
    return Machine(
        environ={"POINTSMAN_AMQP_URL": url},
        which=lambda name: f"/usr/bin/{name}" if name in programs else None,
        run=commands or Commands(),
        installed=lambda: INSTALLED if installed else None,
        is_root=is_root,
        os_release=os_release,
    )


def an_opener(source: BrokerSource, *, works: bool = True):
    @contextlib.contextmanager
    def opener(machine, say) -> Iterator[FoundBroker]:
        if not works:
            raise BrokerUnavailable(f"{source.name} does not work")
        say(f"opened {source.name}")
        try:
            yield FoundBroker("amqp://somewhere/", source.name)
        finally:
            say(f"closed {source.name}")

    return opener


def openers(*broken: BrokerSource):
    return {source: an_opener(source, works=source not in broken) for source in BrokerSource}


def sources(machine: Machine) -> list[str]:
    return [source.name for source in broker_sources(machine)]


def test_a_named_broker_comes_first_and_alone():
    """POINTSMAN_AMQP_URL wins over everything else, and nothing else is even looked for."""
    commands = Commands(docker=0, sudo=0)
    machine = a_machine(commands, url="amqp://somewhere/", installed=True, is_root=True)
    assert sources(machine) == ["NAMED"]
    assert commands.ran == []


def test_an_installed_broker_comes_before_docker():
    """An installed RabbitMQ is preferred to a container, and is not installed again."""
    machine = a_machine(Commands(docker=0, sudo=0), installed=True, is_root=True)
    assert sources(machine) == ["INSTALLED", "DOCKER"]


def test_docker_is_not_asked_while_an_installed_broker_will_do():
    """The Docker engine is asked only when its turn has come."""
    commands = Commands(docker=0)
    assert next(broker_sources(a_machine(commands, installed=True))) is BrokerSource.INSTALLED
    assert commands.ran == []


def test_docker_comes_before_installing_a_package():
    """A Docker engine that answers is preferred to installing anything."""
    assert sources(a_machine(Commands(docker=0), is_root=True)) == ["DOCKER", "PACKAGE"]


@pytest.mark.parametrize("programs", [("apt-get",), ("apt-get", "docker")])
def test_without_an_engine_docker_is_no_source(programs):
    """A docker command without an engine behind it, or none at all, is passed over."""
    machine = a_machine(Commands(docker=1), programs=programs, is_root=True)
    assert sources(machine) == ["PACKAGE"]


@pytest.mark.parametrize("os_release", [DEBIAN, UBUNTU, MINT])
def test_debian_and_its_kind_can_install_the_package(os_release):
    """Debian, Ubuntu and what says it is like them can install the package as root."""
    assert sources(a_machine(is_root=True, os_release=os_release)) == ["PACKAGE"]


@pytest.mark.parametrize(
    "machine",
    [
        a_machine(is_root=True, os_release=FEDORA),
        a_machine(is_root=True, os_release=""),
        a_machine(is_root=True, programs=()),
        a_machine(Commands(sudo=1)),
        a_machine(Commands(sudo=0), programs=("apt-get",)),
    ],
    ids=["another system", "unknown system", "no apt-get", "sudo wants a password", "no sudo"],
)
def test_where_nothing_may_be_installed_there_is_no_source(machine):
    """Nothing is installed on other systems, or without root or sudo free of a password."""
    assert sources(machine) == []


def test_sudo_without_a_password_may_install():
    """An ordinary user whose sudo asks for no password can install the package."""
    assert sources(a_machine(Commands(sudo=0))) == ["PACKAGE"]


def test_the_first_source_that_works_is_open_for_the_block():
    """The best source is opened, and closed at the end of the block."""
    said: list[str] = []
    machine = a_machine(Commands(docker=0), installed=True)
    with find_broker(said.append, machine, openers()) as found:
        assert found.description == "INSTALLED"
        assert said == ["opened INSTALLED"]
    assert said == ["opened INSTALLED", "closed INSTALLED"]


def test_a_source_that_fails_is_said_and_the_next_one_tried():
    """When one source fails people are told why, and the next one is tried."""
    said: list[str] = []
    machine = a_machine(Commands(docker=0), installed=True)
    with find_broker(said.append, machine, openers(BrokerSource.INSTALLED)) as found:
        assert found.description == "DOCKER"
    assert said[0] == "INSTALLED does not work."


def test_a_named_broker_that_fails_is_the_end():
    """A broker somebody named is not replaced by another one."""
    machine = a_machine(Commands(docker=0), url="amqp://somewhere/", installed=True)
    with (
        pytest.raises(BrokerUnavailable, match=r"^NAMED does not work$"),
        find_broker(print, machine, openers(BrokerSource.NAMED)),
    ):
        pytest.fail("there is no broker")


def test_without_any_source_one_line_says_what_to_install():
    """With nothing to be had, one line names the package, Docker and the variable."""
    with (
        pytest.raises(BrokerUnavailable) as failure,
        find_broker(print, a_machine(os_release=FEDORA), openers()),
    ):
        pytest.fail("there is no broker")
    line = str(failure.value)
    assert "\n" not in line
    for word in ("rabbitmq-server", "Docker", "POINTSMAN_AMQP_URL"):
        assert word in line


def test_an_error_in_the_block_is_not_taken_for_a_missing_broker():
    """What goes wrong while the broker is used comes through, and the broker is closed."""
    said: list[str] = []
    machine = a_machine(Commands(docker=0), installed=True)
    with (
        pytest.raises(BrokerUnavailable, match="raised inside"),
        find_broker(said.append, machine, openers()),
    ):
        raise BrokerUnavailable("raised inside")
    assert said == ["opened INSTALLED", "closed INSTALLED"]


@contextlib.contextmanager
def a_listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_named_broker_is_described_without_its_password():
    """The first named host that answers is described by host and port only."""
    with a_listener() as silent:
        pass
    with a_listener() as port:
        urls = f"amqp://u:canary@127.0.0.1:{silent}/v, amqp://u:canary@127.0.0.1:{port}/v"
        with find_broker(print, a_machine(url=urls)) as found:
            assert found.url == urls
            assert f"127.0.0.1:{port}" in found.description
            assert "canary" not in found.description + repr(found)


@pytest.mark.parametrize(
    "url", ["canary", "http://u:canary@h/", "amqp://u:canary@h:port/", "amqp://u:canary@[h/", ","]
)
def test_a_named_broker_must_be_an_amqp_url(url):
    """A variable that holds no AMQP URL is reported without repeating it."""
    with (
        pytest.raises(BrokerUnavailable, match="POINTSMAN_AMQP_URL must be") as failure,
        find_broker(print, a_machine(url=url)),
    ):
        pytest.fail("there is no broker")
    assert "canary" not in str(failure.value)


def test_a_named_broker_that_does_not_answer_is_reported_by_host_and_port():
    """A named broker that takes no connection is named without its password."""
    with a_listener() as port:
        pass
    with (
        pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{port}, where nothing") as failure,
        find_broker(print, a_machine(url=f"amqp://u:canary@127.0.0.1:{port}/")),
    ):
        pytest.fail("there is no broker")
    assert "canary" not in str(failure.value)
