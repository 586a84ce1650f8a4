"""Broker URLs, shown without what must not be shown."""

from yarl import URL


def shown(url: str) -> str:
    """Return scheme, host, port and vhost of a broker URL: no user, no password, no options."""
    try:
        parts = URL(url)
        # With a bare `/`, `?` or `#` in it a password reaches into what comes after the host.
        if "@" not in f"{parts.raw_path}{parts.raw_query_string}{parts.raw_fragment}":
            return str(parts.with_user(None).with_query(None).with_fragment(None))
    except ValueError:
        pass
    return "an unreadable broker URL"
