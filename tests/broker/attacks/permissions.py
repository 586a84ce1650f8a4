"""Going where the user has no business: all of it the broker's to refuse."""

from tests.broker.attacks.attack import (
    DONE,
    OWNERS,
    REDRIVE,
    Attack,
    Bind,
    Consume,
    Deed,
    Hold,
    Publish,
    Seen,
    dead,
    message,
    refused,
    turn,
)

_NAME = "users have the least permissions"
_JOB = {"version": "1", "message": message(), "allow_control": True}
_FORGED = {"queue": "turns.owner-model", "job.allow_control": True}
_LETTER = {"queue": "dead", "headers.x-dead-reason": None}


def _refused(name: str, does: str, *deeds: tuple[Deed, Seen], by: str = "telegram") -> Attack:
    """An attack by deeds that are refused, each with what comes of it if it is not."""
    return Attack(
        name,
        does,
        "the broker refuses it: 403",
        _NAME,
        (refused(403),) * len(deeds),
        tuple(instead for _, instead in deeds),
        tuple(deed for deed, _ in deeds),
        by,
    )


ATTACKS = (
    _refused(
        "Another platform's exchange",
        "telegram's feeder publishes to `in.cli`, `in.cron`, `in.slack`",
        (Publish(message(), "in.cli"), OWNERS),
        (Publish(message(), "in.cron"), turn("cron")),
        (Publish(message(), "in.slack"), dead("untrusted_publisher")),
    ),
    _refused(
        "The operators' exchange",
        "a feeder publishes to `in.redrive`, with headers by which the message was the owner's",
        (Publish(message(), "in.redrive", properties={"headers": REDRIVE}), OWNERS),
    ),
    _refused(
        "Past the exchanges",
        "a feeder publishes to `inbound`, or through the default exchange to `inbound.0`",
        (Publish(message(), "inbound"), dead("untrusted_origin")),
        (Publish(message(), "", "inbound.0"), dead("untrusted_origin")),
    ),
    _refused(
        "Jobs of a feeder's own making",
        "a feeder publishes to `turns`, or through the default exchange to `turns.owner-model`",
        (Publish(_JOB, "turns", "turns.owner-model"), _FORGED),
        (Publish(_JOB, "", "turns.owner-model"), _FORGED),
    ),
    _refused(
        "Dead letters of a feeder's own making",
        "a feeder publishes to `dead`, or through the default exchange to the queue",
        (Publish(message(), "dead"), _LETTER),
        (Publish(message(), "", "dead"), _LETTER),
    ),
    _refused(
        "Exchanges of a feeder's own making",
        "a feeder declares `in.mine` and binds it to `inbound`, or another exchange to `in.cli`",
        (Bind("in.mine"), DONE),
        (Bind("mine", "in.cli"), DONE),
    ),
    _refused(
        "By way of names of one's own",
        "a feeder that may declare exchanges and queues whose names begin with `mine` binds one to"
        " `in.cli`, dead-letters to it, has it for an alternate exchange, or binds a queue to"
        " `in.telegram`",
        (Bind("mine", "in.cli"), DONE),
        (Hold("mine-1", {"x-dead-letter-exchange": "in.cli"}), DONE),
        (Bind("mine-too", None, {"alternate-exchange": "in.cli"}), DONE),
        (Hold("mine-2", source="in.telegram"), DONE),
        by="squatter",
    ),
    _refused(
        "Reading along",
        "a feeder consumes a partition, the jobs of a model, the dead letters",
        (Consume("inbound.0"), DONE),
        (Consume("turns.owner-model"), DONE),
        (Consume("dead"), DONE),
    ),
    _refused(
        "A runner beyond its model",
        "the runner of one model consumes another's jobs, makes jobs, or speaks for a platform",
        (Consume("turns.owner-model"), DONE),
        (Publish(_JOB, "turns", "turns.owner-model"), _FORGED),
        (Publish(message(), "in.cli"), OWNERS),
        by="runner",
    ),
)
