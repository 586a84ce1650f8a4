"""A real RabbitMQ for the acceptance tests that need one."""

from tests.broker.conftest import broker, installation

__all__ = ["broker", "installation"]
