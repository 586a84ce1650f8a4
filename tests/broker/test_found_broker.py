from worker.demo.amqp_greeting import amqp_greeting
from worker.demo.find_broker import find_broker
from worker.demo.machine import Machine
from worker.demo.named_broker import reachable_broker


def test_an_installed_rabbitmq_gives_a_private_node_for_the_block(installation):
    """With RabbitMQ installed a node of our own answers in the block, and is gone after it."""
    said: list[str] = []
    machine = Machine(environ={}, installed=lambda: installation)
    with find_broker(said.append, machine) as found:
        port = int(reachable_broker(found.url).rpartition(":")[2])
        assert amqp_greeting(port)
        assert str(port) in found.description
    assert not amqp_greeting(port)
    assert said == ["Starting a private RabbitMQ node ..."]
