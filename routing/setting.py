"""A setting of the process, as the table file states it."""

from dataclasses import dataclass, field

SETTING_NAMES = (
    "amqp_url",
    "amqp_password_file",
    "amqp_ca_file",
    "amqp_cert_file",
    "amqp_key_file",
    "amqp_verify",
    "http",
    "console",
    "console_token_file",
    "partitions",
    "prefetch",
    "isolated_prefetch",
    "isolated_rate",
    "isolated_max_length",
    "isolated_max_bytes",
    "publish_timeout",
    "heartbeat",
    "max_body",
    "memory_in_hand",
    "worker_id",
    "prefix",
    "queue_type",
    "log_format",
    "lane_deadline",
    "retry_backoff_min",
    "retry_backoff_max",
    "reconnect_backoff_min",
    "reconnect_backoff_max",
    "auth_timeout",
    "drain_timeout",
    "window_count",
    "window_age",
    "max_hops",
    "watchdog",
    "turns_single_active",
    "turns_max_length",
    "log_level",
    "log_rate",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One entry of `worker:`. What it means is the process's business."""

    text: str = field(repr=False)
    """With its variables filled in. Not shown: a broker's URL holds a password."""
    line: int
    column: int
    variable: str | None = None
    """What the file says, where a variable fills in all of it or a part."""
