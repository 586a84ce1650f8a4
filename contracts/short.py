"""Names that fit an AMQP short string."""

from hashlib import sha256

_WHOLE = 200
_KEPT = 120
_DIGEST = 32


def short(text: str) -> str:
    """Return `text`, or a stand-in for it where it is over 200 bytes of UTF-8.

    AMQP 0-9-1 short strings (routing keys, queue names, most properties) hold 255 bytes. The
    stand-in is the first 120 bytes (whole characters), `~` and 32 hex of the sha256 of it all, so
    that whoever knows the whole text finds the same name.
    """
    data = text.encode()
    if len(data) <= _WHOLE:
        return text
    head = data[:_KEPT].decode(errors="ignore")
    return f"{head}~{sha256(data).hexdigest()[:_DIGEST]}"
