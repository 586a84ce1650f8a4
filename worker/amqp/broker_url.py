"""Broker URLs: what is in them, shown without what must not be shown."""

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


def vhost_of(url: str) -> str:
    """Return the virtual host that a broker URL names."""
    return URL(url).path.removeprefix("/") or "/"


def with_password(url: str, password: str) -> str:
    """Return a broker URL with another password. Raises ValueError if it names no user."""
    parts = URL(url)
    if not parts.user:
        raise ValueError("amqp_password_file is set, and amqp_url names no user")
    return str(parts.with_password(password))


def is_tls(url: str) -> bool:
    """Whether a broker URL asks for TLS."""
    return URL(url).scheme == "amqps"
