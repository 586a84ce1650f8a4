"""Going where the user has no business: all of it the broker's to refuse."""

from tests.broker.attacks.attack import Attack, Bind, Consume, Deed, Hold, Publish, message, refused

_NAME = "users have the least permissions"
_JOB = {"version": "1", "message": message(), "allow_control": True}


def _refused(name: str, does: str, *deeds: Deed, by: str = "telegram") -> Attack:
    expect = (refused(403),) * len(deeds)
    return Attack(name, does, "the broker refuses it: 403", _NAME, expect, deeds, by)


ATTACKS = (
    _refused(
        "Another platform's exchange",
        "telegram's feeder publishes to `in.cli`, `in.cron`, `in.slack`",
        *(Publish(message(), exchange) for exchange in ("in.cli", "in.cron", "in.slack")),
    ),
    _refused(
        "Past the exchanges",
        "a feeder publishes to `inbound`, or through the default exchange to `inbound.0`",
        Publish(message(), "inbound"),
        Publish(message(), "", "inbound.0"),
    ),
    _refused(
        "Jobs of a feeder's own making",
        "a feeder publishes to `turns`, or through the default exchange to `turns.owner-model`",
        Publish(_JOB, "turns", "turns.owner-model"),
        Publish(_JOB, "", "turns.owner-model"),
    ),
    _refused(
        "Dead letters of a feeder's own making",
        "a feeder publishes to `dead`, or through the default exchange to the queue",
        Publish(message(), "dead"),
        Publish(message(), "", "dead"),
    ),
    _refused(
        "Exchanges of a feeder's own making",
        "a feeder declares `in.mine` and binds it to `inbound`, or another exchange to `in.cli`",
        Bind("in.mine"),
        Bind("mine", "in.cli"),
    ),
    _refused(
        "By way of names of one's own",
        "a feeder that may declare exchanges and queues whose names begin with `mine` binds one to"
        " `in.cli`, dead-letters to it, has it for an alternate exchange, or binds a queue to"
        " `in.telegram`",
        Bind("mine", "in.cli"),
        Hold("mine-1", {"x-dead-letter-exchange": "in.cli"}),
        Bind("mine-too", None, {"alternate-exchange": "in.cli"}),
        Hold("mine-2", source="in.telegram"),
        by="squatter",
    ),
    _refused(
        "Reading along",
        "a feeder consumes a partition, the jobs of a model, the dead letters",
        *(Consume(queue) for queue in ("inbound.0", "turns.owner-model", "dead")),
    ),
    _refused(
        "A runner beyond its model",
        "the runner of one model consumes another's jobs, makes jobs, or speaks for a platform",
        Consume("turns.owner-model"),
        Publish(_JOB, "turns", "turns.owner-model"),
        Publish(message(), "in.cli"),
        by="runner",
    ),
)
