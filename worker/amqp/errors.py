"""What can go wrong with a broker, in our words.

Our exception hierarchy:

* BrokerError
  + BrokerUnavailable     not there, gone, silent: try again
    - InUse               somebody else has the dead letters
  + AccessRefused         wrong credentials, no such vhost, no permission
  + TopologyMismatch      something exists otherwise than we need it
"""

from collections.abc import Sequence


class BrokerError(Exception):
    """The base of all below. The text is one line and holds no password."""


class BrokerUnavailable(BrokerError):
    """The broker is not there, or no longer, or does not answer."""


class InUse(BrokerUnavailable):
    """Somebody else looks at the dead letters at this moment, and each would see a part."""


class AccessRefused(BrokerError):
    """The broker knows us and says no."""


class TopologyMismatch(BrokerError):
    """Exchanges or queues exist with other properties than ours; one line each."""

    def __init__(self, mismatches: Sequence[str]) -> None:
        super().__init__("; ".join(mismatches))
        self.mismatches = tuple(mismatches)
