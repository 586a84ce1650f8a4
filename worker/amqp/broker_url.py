"""Broker URLs, shown without what must not be shown."""

from yarl import URL


def shown(url: str) -> str:
    """Return scheme, host, port and vhost of a broker URL: no user, no password, no options."""
    try:
        parts = URL(url)
        return str(parts.with_user(None).with_query(None))
    except ValueError:
        return "an unreadable broker URL"
