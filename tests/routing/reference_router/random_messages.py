"""The facts of a message at random, of the shape that `reference_decision` takes."""

from datetime import UTC, datetime, timedelta, timezone

from tests.routing.reference_router.random_words import (
    IDS,
    METADATA,
    METADATA_KEYS,
    MODELS,
    ORIGINS,
    PUBLISHERS,
    PURPOSES,
    RUNTIMES,
    TEXTS,
)
from tests.routing.reference_router.reference_platform import platform_name

# Midnights, ends of hours, changes of summer time, and the sides of each.
MOMENTS = [
    datetime(2026, 3, 27, 22, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 7, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    datetime(2026, 6, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 6, 5, 7, 0, tzinfo=UTC),
    datetime(2026, 6, 6, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
STEPS = [timedelta(), timedelta(microseconds=-1), timedelta(minutes=1), timedelta(hours=10)]


def random_facts(rng, document):
    """The facts of one message, such as a worker that runs this document could have of it."""
    origin = rng.choice(ORIGINS)
    verified = rng.random() < 0.3
    return {
        "message": random_message(rng),
        "platform": origin,
        "source_kind": rng.choice(_kinds(origin, document)),
        "publisher": rng.choice(PUBLISHERS) if verified or rng.random() < 0.3 else None,
        "verified": verified,
        "conversation": f"{origin}/chat={rng.choice(IDS)}/{rng.randrange(100)}",
        "now": rng.choice(MOMENTS) + rng.choice(STEPS),
    }


def _kinds(origin, document):
    # Anybody may claim to be a stranger; else the platform decides.
    platform, _ = platform_name(origin)
    if platform == "cron":
        return ["cron", "cron", "stranger"]
    if platform in document.get("hub_platforms", ["hub"]):
        return ["hub_peer", "hub_peer", "stranger"]
    if platform == "webhook":
        return ["stranger"]
    return ["owner", "stranger"]


def random_message(rng):
    """The body of an inbound message that has text, or else media."""
    message = {}
    text = rng.choice([*TEXTS, "", None]) if rng.random() < 0.8 else "hi"
    if text is not None:
        message["text"] = text
    if not text or rng.random() < 0.1:
        message.update(
            rng.choice(
                [
                    {"media_urls": ["https://x/a.jpg"]},
                    {"parts": [{"url": "https://x/a.jpg"}]},
                    {"parts": [{"text": "words"}]},
                ]
            )
        )
    if rng.random() < 0.9:
        message["source"] = random_source(rng)
    for name, share, values in [
        ("agent_id", 0.3, [*IDS, "", None]),
        ("purpose", 0.5, PURPOSES),
        ("message_type", 0.3, ["text", "voice", "photo", "new"]),
        ("hops", 0.3, [0, 1, 2, 3]),
    ]:
        if rng.random() < share:
            message[name] = rng.choice(values)
    if rng.random() < 0.6:
        message["metadata"] = {
            rng.choice(METADATA_KEYS): rng.choice(METADATA) for _ in range(rng.choice([1, 1, 2]))
        }
    if rng.random() < 0.4:
        message["override"] = random_override(rng)
    return message


def random_source(rng):
    """Where a message says it is from, without a platform."""
    ids = [*IDS, 1, 2, -100, "", None]
    source = {}
    for name, share, values in [
        ("chat_id", 0.8, ids),
        ("user_id", 0.7, ids),
        ("thread_id", 0.4, ids),
        ("parent_chat_id", 0.3, ids),
        ("chat_type", 0.8, ["dm", "group", "channel", "thread", "new", ""]),
        ("profile", 0.2, ["work", "home", ""]),
    ]:
        if rng.random() < share:
            source[name] = rng.choice(values)
    if rng.random() < 0.3:
        source[rng.choice(["scope_id", "guild_id"])] = rng.choice(IDS)
    return source


def random_override(rng):
    """What a message names for itself; often a runtime, a model or both."""
    override = {}
    if rng.random() < 0.5:
        override["runtime"] = rng.choice([*RUNTIMES, "unknown", "", None])
    if rng.random() < 0.7:
        override["model"] = rng.choice([*MODELS, "", None])
    if rng.random() < 0.1:
        override["provider"] = "theirs"
    return override
