"""Why a delivery did not become a turn."""

from enum import StrEnum


class DeadReason(StrEnum):
    """The closed set of reasons that a dead letter carries in `x-dead-reason`."""

    MALFORMED = "malformed"
    UNSUPPORTED_VERSION = "unsupported_version"
    TOO_LARGE = "too_large"
    PLATFORM_MISMATCH = "platform_mismatch"
    UNTRUSTED_ORIGIN = "untrusted_origin"
    UNTRUSTED_PUBLISHER = "untrusted_publisher"
    BAD_SIGNATURE = "bad_signature"
    EXPIRED = "expired"
    LOOP = "loop"
    RATE_LIMITED = "rate_limited"
    UNDELIVERABLE = "undeliverable"
    DENIED = "denied"
    INTERNAL_ERROR = "internal_error"
    # Read off the broker's own headers: nothing of ours wrote these letters.
    BROKER_DELIVERY_LIMIT = "broker_delivery_limit"
    BROKER_EXPIRED = "broker_expired"
    RUNNER_REJECTED = "runner_rejected"
