"""Virtual hosts for tests, an empty one each."""

import uuid
from collections.abc import Sequence

from tests.broker.users import PASSWORD, USUAL_WORKER
from worker.broker_definitions import broker_definitions
from worker.broker_password import password_hash
from worker.demo.private_broker import PrivateBroker

_AT_ONCE = 6
_ANYTHING = {"configure": ".*", "write": ".*", "read": ".*"}


class Vhosts:
    """Gives out empty virtual hosts of a node, in which `guest` may do anything, and the workers'
    user what workers have to.

    They are made and deleted some at a time: every control command starts an Erlang VM first, and
    that takes longer than what it is told to do.
    """

    def __init__(self, broker: PrivateBroker) -> None:
        self._broker = broker
        self._fresh: list[str] = []
        self._used: list[str] = []

    def take(self) -> str:
        """Return the name of one that nobody has had."""
        if not self._fresh:
            self._fresh = [f"test-{uuid.uuid4().hex[:12]}" for _ in range(_AT_ONCE)]
            self._make(self._fresh)
        return self._fresh.pop()

    def give_back(self, name: str) -> None:
        """Have it deleted, with all that is in it, once there are some more."""
        self._used.append(name)
        if len(self._used) >= _AT_ONCE:
            self._delete(self._used)
            self._used = []

    def _make(self, names: Sequence[str]) -> None:
        hashes = {USUAL_WORKER.name: password_hash(PASSWORD)}
        workers = [broker_definitions(name, [USUAL_WORKER], hashes) for name in names]
        self._broker.import_definitions(
            {
                "vhosts": [{"name": name} for name in names],
                "users": workers[0]["users"],
                "permissions": [
                    *({"user": "guest", "vhost": name, **_ANYTHING} for name in names),
                    *(entry for each in workers for entry in each["permissions"]),
                ],
            }
        )

    def _delete(self, names: Sequence[str]) -> None:
        listed = ", ".join(f'<<"{name}">>' for name in names)
        said = self._broker.rabbitmqctl(
            "eval", f'[rabbit_vhost:delete(Name, <<"tests">>) || Name <- [{listed}]].'
        )
        assert said == f"[{','.join(['ok'] * len(names))}]"
