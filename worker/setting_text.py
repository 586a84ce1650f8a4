"""The text of a setting, as its value. Every reader raises ValueError saying what is wrong."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from routing.duration import parse_duration
from worker.size import parse_size

# What aiormq would take from a URL, so that nobody would see what is not verified.
_TLS_OPTIONS = frozenset({"cafile", "capath", "cadata", "certfile", "keyfile", "no_verify_ssl"})

# With less, what a worker holds could wait for longer than brokers wait for an ack.
_LEAST_RATE = 64 * 1024


def count(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from least to most."""

    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not least <= int(text) <= most:
            msg = f"{text!r} is not a whole number from {least} to {most}"
            raise ValueError(msg)
        return int(text)

    return parse


def positive(text: str) -> float:
    """Return seconds, more than none."""
    if (seconds := parse_duration(text)) <= 0:
        msg = f"{text!r} is not longer than nothing"
        raise ValueError(msg)
    return seconds


def whole_seconds(text: str) -> int:
    """Return whole seconds, from 1 to 3600."""
    seconds = parse_duration(text)
    if seconds != int(seconds) or not 1 <= seconds <= 3600:
        msg = f"{text!r} is not a whole number of seconds from 1 to 3600"
        raise ValueError(msg)
    return int(seconds)


def name(text: str) -> str:
    """Return the text, which is not blank."""
    if not text.strip():
        msg = "it is empty"
        raise ValueError(msg)
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of these words."""

    def parse(text: str) -> str:
        if text not in choices:
            msg = f"{text!r} is not one of {', '.join(choices)}"
            raise ValueError(msg)
        return text

    return parse


def flag(text: str) -> bool:
    """Return whether the text is a yes."""
    match text.lower():
        case "true" | "yes" | "on" | "1":
            return True
        case "false" | "no" | "off" | "0":
            return False
    msg = f"{text!r} is not true or false"
    raise ValueError(msg)


def optional_count(text: str) -> int | None:
    """Return a whole number above 0, or None for `none`."""
    return None if text in {"", "none"} else count(1, 2**40)(text)


def rate(text: str) -> int | None:
    """Return how many a second, or None for `none`."""
    if text in {"", "none"}:
        return None
    number = text.removesuffix("/s").strip()
    if number == text or not number.isdecimal() or not 1 <= int(number) <= 10**6:
        msg = f"{text!r} is not a rate such as 100/s, or `none`"
        raise ValueError(msg)
    return int(number)


def byte_rate(text: str) -> int:
    """Return bytes a second, of text such as `1MiB/s`."""
    size = parse_size(text.removesuffix("/s")) if text.endswith("/s") else 0
    if size < _LEAST_RATE:
        msg = f"{text!r} is not a rate such as 1MiB/s, of 64KiB/s or more"
        raise ValueError(msg)
    return size


def broker_urls(text: str) -> tuple[str, ...]:
    """Return the broker's URLs, of a comma list. No error quotes one: they hold passwords."""
    urls = tuple(url.strip() for url in text.split(",") if url.strip())
    if not urls or not all(_is_broker_url(url) for url in urls):
        # A broker's URL holds a password, so a bad one is not quoted.
        msg = (
            "a broker URL is amqp://user:password@host:port/vhost, or the same with amqps;"
            " in a password, write / as %2F, # as %23, @ as %40 and a comma as %2C"
        )
        raise ValueError(msg)
    asked = {name for url in urls for name, _ in parse_qsl(urlsplit(url).query, True)}
    if found := sorted(asked & _TLS_OPTIONS):
        msg = (
            f"a broker URL takes no {found[0]} here: TLS is set by amqp_ca_file, amqp_cert_file,"
            " amqp_key_file and amqp_verify"
        )
        raise ValueError(msg)
    return urls


def _is_broker_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        # A `/` or `#` that is not escaped ends the part with the password early, and the rest of it
        # would be taken, and shown, for the virtual host.
        whole = "@" not in url.path and "#" not in text
        return url.scheme in {"amqp", "amqps"} and bool(url.hostname) and url.port != 0 and whole
    except ValueError:
        return False


def file_name(text: str) -> str | None:
    """Return the name of a file, or None for `none`."""
    return None if text in {"", "none"} else text


def address(text: str) -> tuple[str, int] | None:
    """Return a host and a port, or None for `none`."""
    if text in {"", "none", "off"}:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        msg = f"{text!r} is not an address such as 127.0.0.1:8080, or `none`"
        raise ValueError(msg)
    return host.strip("[]") or "127.0.0.1", int(port)


def prefix(text: str) -> str:
    """Return the text, of 60 bytes or fewer."""
    if len(text.encode()) > 60:
        msg = "a prefix has at most 60 bytes"
        raise ValueError(msg)
    return text
