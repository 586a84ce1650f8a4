"""Whether a delivery is signed by one of the keys that its platform lists."""

from collections.abc import Callable, Mapping
from datetime import datetime

from contracts import SIGNATURE_HEADER, DeadReason, Signature, SignatureError
from routing.rejection import Rejection
from worker.pipeline.delivery import Delivery

JudgeSignature = Callable[[Delivery, str, Mapping[str, str], datetime], None]
"""Takes a delivery, its platform, key id to reference for that platform, and the time of receipt;
raises Rejection (`bad_signature`) unless the delivery is signed."""

Keys = Callable[[str], bytes]
"""Reference to key; raises KeyNotHere."""


class KeyNotHere(Exception):
    """A reference that stands for no key on this machine. The text names it, never a key."""

    def __init__(self, reference: str, why: str) -> None:
        super().__init__(f"the key {reference} is not here ({why})")
        self.why = why


def judge_by(keys: Keys) -> JudgeSignature:
    """Return what judges signatures by the keys themselves."""

    def judge(delivery: Delivery, platform: str, listed: Mapping[str, str], now: datetime) -> None:
        try:
            signature = _stated(delivery, platform, listed)
            key = keys(listed[signature.kid])
            message_id = delivery.properties.message_id
            signature.verify(key, message_id, delivery.body, now.timestamp())
        except (SignatureError, KeyNotHere) as error:
            raise _bad(str(error)) from None

    return judge


def nobodys_key(
    delivery: Delivery, platform: str, listed: Mapping[str, str], _now: datetime
) -> None:
    """Judge a signature where there are no keys at all: none is good."""
    kid = _stated(delivery, platform, listed).kid
    raise _bad(f"the key {listed[kid]} is not here")


def as_it_was(delivery: Delivery, platform: str, listed: Mapping[str, str], _now: datetime) -> None:
    """Judge the signature of a message that was written down, and has changed since then.

    It is as good as it was if the platform lists the key that it names.
    """
    _stated(delivery, platform, listed)


def taken_as_signed(
    _delivery: Delivery, _platform: str, _listed: Mapping[str, str], _now: datetime
) -> None:
    """Judge nothing: the message is taken to come as it ought to."""


def _stated(delivery: Delivery, platform: str, listed: Mapping[str, str]) -> Signature:
    """Return the signature that comes with a delivery, by a key that is listed."""
    value = delivery.properties.headers.get(SIGNATURE_HEADER)
    if value is None:
        raise _bad(f"{platform} lists signing keys, and there is no {SIGNATURE_HEADER} header")
    try:
        signature = Signature.parse(value)
    except SignatureError as error:
        raise _bad(str(error)) from None
    if signature.kid not in listed:
        raise _bad(f"{platform} lists no signing key {signature.kid}")
    return signature


def _bad(detail: str) -> Rejection:
    return Rejection(DeadReason.BAD_SIGNATURE, detail)
