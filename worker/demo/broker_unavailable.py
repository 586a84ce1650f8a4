"""The one error that means: there is no broker to talk to."""


class BrokerUnavailable(Exception):
    """No broker could be had. The text is one line for people, and holds no password."""
