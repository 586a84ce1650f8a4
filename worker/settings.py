"""The settings of the process."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from secrets import token_hex
from typing import Any, Self

from routing.duration import parse_duration
from worker import setting_text as read
from worker.size import parse_size


class SettingError(Exception):
    """A setting that cannot be used; the text says where it was set and what is wrong."""


def _worker_id() -> str:
    return f"{socket.gethostname()}-{token_hex(3)}"


def _setting(
    default: str | Callable[[], str],
    parse: Callable[[str], Any],
    help_: str,
    *,
    secret: bool = False,
) -> Any:
    make = default if callable(default) else lambda: default
    return field(repr=not secret, metadata={"default": make, "parse": parse, "help": help_})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, parsed. Durations are seconds, sizes bytes."""

    amqp_url: tuple[str, ...] = _setting(
        "amqp://guest:guest@127.0.0.1/",
        read.broker_urls,
        "the broker; a comma list for several hosts",
        secret=True,
    )
    amqp_password_file: str | None = _setting(
        "none",
        read.file_name,
        "the password of the user that amqp_url names; read for each connection",
    )
    amqp_ca_file: str | None = _setting(
        "none",
        read.file_name,
        "amqps: who signed the broker's certificate, if the system does not know",
    )
    amqp_cert_file: str | None = _setting("none", read.file_name, "amqps: our own certificate")
    amqp_key_file: str | None = _setting("none", read.file_name, "its key, if in a file of its own")
    amqp_verify: bool = _setting("true", read.flag, "amqps: whether to verify whom we talk to")
    http: tuple[str, int] | None = _setting(
        "127.0.0.1:8080", read.address, "where probes, metrics and the console answer, or none"
    )
    console: bool = _setting("true", read.flag, "whether the console is served at http")
    console_token_file: str | None = _setting(
        "none", read.file_name, "a token that opens the console; it has to on other addresses"
    )
    partitions: int = _setting("8", read.count(1, 1024), "how many inbound queues")
    prefetch: int = _setting("100", read.count(1, 65535), "unsettled deliveries per partition")
    isolated_prefetch: int = _setting(
        "20", read.count(1, 65535), "unsettled deliveries of an isolated platform"
    )
    isolated_rate: int = _setting(
        "1MiB/s", read.byte_rate, "bytes a second that a worker routes of an isolated platform"
    )
    isolated_max_length: int = _setting(
        "10000", read.count(1, 2**40), "messages of an isolated platform that may wait"
    )
    isolated_max_bytes: int = _setting(
        "64MiB", parse_size, "bytes of an isolated platform that may wait"
    )
    publish_timeout: float = _setting("10s", read.positive, "how long a confirm may take")
    heartbeat: int = _setting("10s", read.whole_seconds, "AMQP heartbeat, in whole seconds")
    max_body: int = _setting("1MiB", parse_size, "larger bodies are dead: too_large")
    memory_in_hand: int = _setting(
        "256MiB", parse_size, "unsettled deliveries in memory, at most; one is always taken"
    )
    worker_id: str = _setting(_worker_id, read.name, "this worker's name among its peers")
    prefix: str = _setting("", read.prefix, "prefix of every exchange and queue")
    queue_type: str = _setting("quorum", read.one_of("quorum", "classic"), "quorum or classic")
    log_format: str = _setting("auto", read.one_of("auto", "json", "text"), "auto, json or text")
    lane_deadline: float = _setting("60s", read.positive, "how long a refused turn holds its lane")
    retry_backoff_min: float = _setting("50ms", read.positive, "shortest wait before a retry")
    retry_backoff_max: float = _setting("2s", read.positive, "longest wait before a retry")
    reconnect_backoff_min: float = _setting("200ms", read.positive, "shortest wait to reconnect")
    reconnect_backoff_max: float = _setting("2s", read.positive, "longest wait to reconnect")
    auth_timeout: float = _setting("60s", parse_duration, "how long refused credentials are tried")
    drain_timeout: float = _setting("20s", read.positive, "how long a stop waits for confirms")
    window_count: int = _setting(
        "100000", read.count(0, 10**8), "accepted ids kept against repeats"
    )
    window_age: float = _setting("10m", parse_duration, "how long they are kept")
    max_hops: int = _setting("8", read.count(0, 10**6), "more agent-to-agent hops are dead: loop")
    watchdog: float = _setting(
        "60s",
        read.positive,
        "waiting messages, none delivered: reconnect; after 31 times as long, exit",
    )
    turns_single_active: bool = _setting("false", read.flag, "one active runner per model queue")
    turns_max_length: int | None = _setting(
        "none", read.optional_count, "bound of a model queue; a full one refuses"
    )
    log_level: str = _setting(
        "info", read.one_of("debug", "info", "warning", "error"), "debug, info, warning or error"
    )
    log_rate: int | None = _setting(
        "none", read.rate, "lines a second, such as 100/s, on deliveries that went well; or none"
    )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the name of every setting."""
        return tuple(entry.name for entry in fields(cls))

    @classmethod
    def help(cls, name: str) -> str:
        """Return one line about a setting."""
        entry = next(entry for entry in fields(cls) if entry.name == name)
        return str(entry.metadata["help"])

    @classmethod
    def check(cls, name: str, text: str) -> str | None:
        """Return what is wrong with a setting's text, or None."""
        entry = next(entry for entry in fields(cls) if entry.name == name)
        try:
            entry.metadata["parse"](text)
        except ValueError as error:
            return _told(error, text)
        return None

    @classmethod
    def load(
        cls,
        flags: Mapping[str, str | None],
        environ: Mapping[str, str],
        from_file: Mapping[str, str],
    ) -> Self:
        """Return the settings: a flag first, then `POINTSMAN_NAME`, the file, the default.

        Raises SettingError naming the first setting that cannot be used and where it was set.
        """
        values: dict[str, Any] = {}
        for entry in fields(cls):
            name, variable = entry.name, f"POINTSMAN_{entry.name.upper()}"
            if (text := flags.get(name)) is not None:
                place = f"--{name.replace('_', '-')}"
            elif (text := environ.get(variable)) is not None:
                place = variable
            elif (text := from_file.get(name)) is not None:
                place = f"worker.{name}"
            else:
                place, text = f"the default of {name}", entry.metadata["default"]()
            try:
                values[name] = entry.metadata["parse"](text)
            except ValueError as error:
                msg = f"{place}: {_told(error, text)}"
                raise SettingError(msg) from None
        settings = cls(**values)
        _check_together(settings)
        return settings


def _told(error: ValueError, text: str) -> str:
    # A broker's URL in another setting's place has its password in it.
    return str(error).replace(repr(text), "what it says") if "@" in text else str(error)


def _check_together(settings: Settings) -> None:
    for pair in ("retry_backoff", "reconnect_backoff"):
        if getattr(settings, f"{pair}_min") > getattr(settings, f"{pair}_max"):
            msg = f"{pair}_min is longer than {pair}_max"
            raise SettingError(msg)
