"""Tells a secret by its name, and takes what is secret out of a URL."""

import re
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from routing.written_key import looks_like_key

_LOGIN = re.compile(r"[^/?#]*:[^/?#]*@")
_WORD = re.compile(r"key|token|secret|passw|bearer|auth|signature|^sig$", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether what has this name may well be a secret."""
    return _WORD.search(name) is not None


def without_secrets(url: str) -> tuple[str, bool] | None:
    """Return a URL without user name, password and keys in its query, and whether it had any.

    None for what is no URL, or has what looks like a key in its path.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    if any(looks_like_key(each) or _LOGIN.match(each) for each in (url, *parts.path.split("/"))):
        return None  # `user:password@host` without `//` is a path
    host = parts.netloc.rpartition("@")[2]
    telling = any(names_secret(name) or looks_like_key(value) for name, value in query)
    clean = parts._replace(netloc=host, query="" if telling else parts.query, fragment="")
    changed = host != parts.netloc or telling or bool(parts.fragment)
    return (urlunsplit(clean), True) if changed else (url, False)
