"""Signatures of messages, for transports that cannot have a broker user of their own.

The header `x-signature` of a signed message is `v1;kid=…;ts=…;sig=…`: which key it was made with,
when (Unix seconds), and the base64 of HMAC-SHA256 over `v1`, a line feed, `ts`, a line feed, the
AMQP property `message_id`, a line feed and the body as it is published. Nothing else of a message
is signed: no routing key, no other header or property.
"""

import base64
import hmac
import math
import re
from dataclasses import dataclass, field

SIGNATURE_HEADER = "x-signature"
TOLERANCE = 300
"""Seconds by which `ts` may be off, either way; so many exactly are still allowed."""
SHORT_KEY = 32
"""Bytes; a key with fewer is weaker than the signatures made with it."""

_MAX_VALUE = 256
_MAX_MESSAGE_ID = 255
_GRAMMAR = re.compile(r"([^;]*);kid=([^;]*);ts=([^;]*);sig=([^;]*)")
_KID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TS = re.compile(r"0|[1-9][0-9]{0,11}")
_SIG = re.compile(r"[A-Za-z0-9+/]{43}=")


class SignatureError(ValueError):
    """A signature that is wrong, or cannot be made.

    The text says what is wrong with it; it quotes neither the signature nor the key.
    """


def is_kid(text: str) -> bool:
    """Tell whether a key can have this id: 1 to 64 ASCII letters, digits, `_`, `.` or `-`."""
    return _KID.fullmatch(text) is not None


def signing_key(text: str) -> bytes:
    """Return the bytes of a key: the UTF-8 of the text it is kept as, without white space around.

    Raises SignatureError if there is nothing left, or it is not Unicode.
    """
    try:
        key = text.strip().encode()
    except UnicodeEncodeError:
        msg = "the key is not UTF-8 text"
        raise SignatureError(msg) from None
    if not key:
        msg = "the key is empty"
        raise SignatureError(msg)
    return key


def sign(key: bytes, kid: str, message_id: str, body: bytes, ts: int) -> str:
    """Return the value of the header `x-signature`.

    `message_id` is the AMQP property, `body` the bytes that are published, `ts` the time in Unix
    seconds. Raises SignatureError if one of them cannot be signed.
    """
    if not is_kid(kid):
        msg = "the kid is not 1 to 64 letters, digits, `_`, `.` or `-`"
        raise SignatureError(msg)
    if not _TS.fullmatch(str(ts)):
        msg = "the ts is not a time in Unix seconds, from 0, of 12 digits at most"
        raise SignatureError(msg)
    digest = base64.b64encode(_digest(key, ts, message_id, body)).decode()
    return f"v1;kid={kid};ts={ts};sig={digest}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A header value taken apart; nobody has checked it yet."""

    kid: str
    ts: int
    """Unix seconds."""
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, value: object) -> "Signature":
        """Return the signature that a header holds. Raises SignatureError unless it is spelled so.

        There is exactly one spelling of each signature.
        """
        if not isinstance(value, str) or len(value) > _MAX_VALUE:
            msg = f"{SIGNATURE_HEADER} is not text of {_MAX_VALUE} characters at most"
            raise SignatureError(msg)
        found = _GRAMMAR.fullmatch(value)
        if found is None:
            msg = f"{SIGNATURE_HEADER} is not of the form `v1;kid=…;ts=…;sig=…`"
            raise SignatureError(msg)
        version, kid, ts, sig = found.groups()
        if version != "v1":
            msg = f"the version of {SIGNATURE_HEADER} is not v1"
        elif not is_kid(kid):
            msg = f"the kid in {SIGNATURE_HEADER} is not 1 to 64 letters, digits, `_`, `.` or `-`"
        elif not _TS.fullmatch(ts):
            msg = f"the ts in {SIGNATURE_HEADER} is not Unix seconds, 1 to 12 digits"
        elif (digest := _decoded(sig)) is None:
            msg = f"the sig in {SIGNATURE_HEADER} is not the base64, with padding, of 32 bytes"
        else:
            return cls(kid, int(ts), digest)
        raise SignatureError(msg)

    def verify(self, key: bytes, message_id: str | None, body: bytes, now: float) -> None:
        """Check that this signs `body` under the AMQP `message_id`, at about `now`.

        `now` is in Unix seconds. Raises SignatureError if it does not.
        """
        if abs(age := now - self.ts) > TOLERANCE:
            when = "ago" if age > 0 else "ahead"
            msg = f"the ts is {math.ceil(abs(age))} s {when}, {TOLERANCE} are allowed"
            raise SignatureError(msg)
        expected = _digest(key, self.ts, message_id, body)
        if not hmac.compare_digest(expected, self.digest):
            msg = "the sig does not fit: another key, body, message_id or ts was signed"
            raise SignatureError(msg)


def _decoded(sig: str) -> bytes | None:
    if not _SIG.fullmatch(sig):
        return None
    digest = base64.b64decode(sig)
    # The last digit has two bits to spare; only one of its four spellings is ours.
    return digest if base64.b64encode(digest).decode() == sig else None


def _digest(key: bytes, ts: int, message_id: str | None, body: bytes) -> bytes:
    if not key:
        msg = "the key is empty"
        raise SignatureError(msg)
    signed = b"v1\n%d\n%s\n" % (ts, _id_bytes(message_id))
    return hmac.digest(key, signed + body, "sha256")


def _id_bytes(message_id: str | None) -> bytes:
    if not message_id:
        msg = "the AMQP message_id is missing"
        raise SignatureError(msg)
    if "\n" in message_id:
        # What stands before the line feed could pass for the id, and the rest for the body's start.
        msg = "the AMQP message_id holds a line feed"
        raise SignatureError(msg)
    try:
        given = message_id.encode()
    except UnicodeEncodeError:
        msg = "the AMQP message_id is not UTF-8"
        raise SignatureError(msg) from None
    if len(given) > _MAX_MESSAGE_ID:
        msg = f"the AMQP message_id is over the {_MAX_MESSAGE_ID} bytes that AMQP has room for"
        raise SignatureError(msg)
    return given
