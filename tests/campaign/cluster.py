"""Starting nodes, and joining them into a cluster."""

import time

from worker.demo.control_command import ControlCommandFailed
from worker.demo.private_broker import PrivateBroker
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_ATTEMPTS = 20


def start_nodes(installation: RabbitmqInstallation, count: int) -> list[PrivateBroker]:
    """Return that many nodes, ready, in one cluster. Close the first one last."""
    nodes: list[PrivateBroker] = []
    try:
        for number in range(count):
            peer = nodes[0] if nodes else None
            name = "pointsman" if peer is None else f"pointsman-{number + 1}"
            nodes.append(PrivateBroker(installation, name=name, peer=peer))
            nodes[-1].start()
        for node in nodes:
            node.wait_ready()
        for node in nodes[1:]:
            _join(node, nodes[0])
    except BaseException:
        for node in reversed(nodes):
            node.close()
        raise
    return nodes


def _join(node: PrivateBroker, first: PrivateBroker) -> None:
    for command in (
        ("stop_app",),
        ("reset",),
        ("join_cluster", first.directory.node_name),
        ("start_app",),
    ):
        _insist(node, *command)


def _insist(node: PrivateBroker, *command: str) -> None:
    """Run a command that a node which has only just begun to answer may refuse."""
    for _ in range(_ATTEMPTS):
        try:
            node.rabbitmqctl(*command)
        except ControlCommandFailed:
            time.sleep(0.5)
        else:
            return
    raise ControlCommandFailed(f"rabbitmqctl {command[0]}: never taken")
