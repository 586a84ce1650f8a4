"""The facts of a message for a worked case: only what the case is about is stated."""

from datetime import UTC, datetime

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)  # a Wednesday


def facts(message=None, **stated):
    """The facts of a stranger's `hello` on telegram, but for what is stated."""
    return {
        "message": {"text": "hello", **(message or {})},
        "platform": "telegram",
        "source_kind": "stranger",
        "publisher": None,
        "verified": False,
        "conversation": "telegram/type=dm/chat=1",
        "now": NOON,
        **stated,
    }


def source(**fields):
    """The facts of a stranger's `hello` on telegram, with these fields of its source."""
    return facts({"source": fields})


def metadata(value):
    """The facts of a stranger's `hello` on telegram, with `value` as `metadata.x`."""
    return facts({"metadata": {"x": value}})
