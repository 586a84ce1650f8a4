"""A broker for the demo, whatever this machine has to offer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum

from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.debian_package import can_install_package, install_package
from worker.demo.docker_broker import IMAGE, docker_answers, docker_broker
from worker.demo.machine import Machine
from worker.demo.named_broker import URL_VARIABLE, reachable_broker
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

HOW_TO_GET_ONE = (
    "install rabbitmq-server (Debian, Ubuntu: apt-get install rabbitmq-server) or Docker,"
    " or set POINTSMAN_AMQP_URL to a broker's URL"
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FoundBroker:
    """A broker that answers. `description` is one line for people, without a password."""

    url: str = field(repr=False)
    description: str


class BrokerSource(Enum):
    """Where a broker can come from, best first."""

    NAMED = "the one POINTSMAN_AMQP_URL names"
    INSTALLED = "a private node from the installed RabbitMQ"
    DOCKER = "a container"
    PACKAGE = "a private node from the distribution's package, installed first"


Opener = Callable[[Machine, Say], AbstractContextManager[FoundBroker]]


def broker_sources(machine: Machine) -> Iterator[BrokerSource]:
    """The sources this machine has, best first.

    Each is looked for only when it is asked for: looking takes time.
    """
    if machine.environ.get(URL_VARIABLE):
        yield BrokerSource.NAMED
        return  # who names a broker wants that one or none
    if machine.installed() is not None:
        yield BrokerSource.INSTALLED
    if docker_answers(machine):
        yield BrokerSource.DOCKER
    if machine.installed() is None and can_install_package(machine):
        yield BrokerSource.PACKAGE


@contextmanager
def find_broker(
    say: Say, machine: Machine | None = None, openers: Mapping[BrokerSource, Opener] | None = None
) -> Iterator[FoundBroker]:
    """A broker that is ready; what was started for it ends with the block.

    `say` is told, a line at a time, what is about to be done and what did not work. Raises
    `BrokerUnavailable`, one line that says what to install, if no source gives a broker.
    """
    with ExitStack() as opened:
        yield _first_to_open(opened, machine or Machine(), say, openers or OPENERS)


def _first_to_open(
    opened: ExitStack, machine: Machine, say: Say, openers: Mapping[BrokerSource, Opener]
) -> FoundBroker:
    failures: list[str] = []
    for source in broker_sources(machine):
        try:
            return opened.enter_context(openers[source](machine, say))
        except BrokerUnavailable as error:
            if source is BrokerSource.NAMED:
                raise
            say(f"{error}.")
            failures.append(str(error))
    raise BrokerUnavailable("; ".join(["no broker to be had", *failures, HOW_TO_GET_ONE]))


@contextmanager
def _named(machine: Machine, _say: Say) -> Iterator[FoundBroker]:
    url = machine.environ[URL_VARIABLE]
    yield FoundBroker(url, f"the broker at {reachable_broker(url)}, from {URL_VARIABLE}")


@contextmanager
def _installed(machine: Machine, say: Say) -> Iterator[FoundBroker]:
    with _private_node(machine.installed(), say) as found:
        yield found


@contextmanager
def _docker(machine: Machine, say: Say) -> Iterator[FoundBroker]:
    with docker_broker(machine, say) as port:
        url = f"amqp://guest:guest@127.0.0.1:{port}/"
        yield FoundBroker(url, f"{IMAGE} in Docker, on 127.0.0.1:{port}")


@contextmanager
def _package(machine: Machine, say: Say) -> Iterator[FoundBroker]:
    with _private_node(install_package(machine, say), say) as found:
        yield found


@contextmanager
def _private_node(installation: RabbitmqInstallation | None, say: Say) -> Iterator[FoundBroker]:
    say("Starting a private RabbitMQ node ...")
    with PrivateBroker(installation) as broker:
        yield FoundBroker(broker.url(), f"a private RabbitMQ node on 127.0.0.1:{broker.port}")


OPENERS: Mapping[BrokerSource, Opener] = {
    BrokerSource.NAMED: _named,
    BrokerSource.INSTALLED: _installed,
    BrokerSource.DOCKER: _docker,
    BrokerSource.PACKAGE: _package,
}
