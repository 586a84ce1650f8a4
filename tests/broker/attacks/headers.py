"""Properties and headers that do something, or say something, further on."""

from tests.broker.attacks.attack import MARK, Attack, Publish, dead, message, turn

_JOB = {
    "version": "1",
    "turn_id": "27160b5c-f8a8-5bf4-a0f9-106f1a0e05e4",
    "message": message(attack=MARK),
    "source": {"platform": "telegram", "source_kind": "owner"},
    "runtime": {"model": "owner-model"},
    "allow_control": True,
}

ATTACKS = (
    Attack(
        "`CC` and `BCC`",
        "headers that have the broker copy a message to other queues: `turns.owner-model`, `inbound.0`, `dead`",
        "one job. An `in.*` exchange leads to `inbound` alone, and a job takes no headers along",
        "jobs take no headers along",
        (turn(),),
        (turn(), {**turn(), "queue": "turns.owner-model"}),
        (
            Publish(
                message(),
                properties={
                    "headers": {
                        "CC": ["turns.owner-model", "inbound.0", "dead"],
                        "BCC": ["turns.codex-model"],
                    }
                },
            ),
        ),
    ),
    Attack(
        "Forged headers of a job",
        "`x-source-kind: owner`, `x-attempt: 9`, `x-turn-id`",
        "the job's are the worker's",
        "jobs take no headers along",
        ({**turn(), "headers.x-attempt": 1, "headers.x-forged": None},),
        ({"queue": "turns.base-model", "headers.x-source-kind": "owner", "headers.x-attempt": 9},),
        (
            Publish(
                message(),
                properties={
                    "headers": {"x-source-kind": "owner", "x-attempt": 9, "x-forged": "yes"}
                },
            ),
        ),
    ),
    Attack(
        "Forged headers of a dead letter",
        "a message that is no message says `x-dead-source-kind: owner`, and has an `x-death`",
        "dead: `malformed`, and the letter has neither: `x-dead-*` are the worker's, `x-death` the"
        " broker's to write",
        "letters keep no header that tells of a death",
        (
            dead(
                "malformed",
                **{"headers.x-dead-source-kind": None, "headers.x-dead-exchange": "in.telegram"},
            ),
        ),
        ({"queue": "dead", "headers.x-dead-source-kind": "owner"},),
        (
            Publish(
                b"no message",
                properties={
                    "headers": {
                        "x-dead-source-kind": "owner",
                        "x-dead-exchange": "in.cli",
                        "x-death": [{"queue": "turns.owner-model", "reason": "rejected"}],
                    }
                },
            ),
        ),
    ),
    Attack(
        "A turn job sent in as a message",
        "property `type: turn.v1`, and in the body a whole job with the owner's runtime",
        "dead: `malformed`",
        "a body is a message or nothing",
        (dead("malformed"),),
        (turn(),),
        (Publish(_JOB, properties={"type": "turn.v1", "app_id": "pointsman"}),),
    ),
    Attack(
        "An answer that comes back",
        "`reply_to` names `in.cli`, `figures`, a queue of jobs or a partition, so that the runner publishes there"
        " what the attacker has the model say; in the body, or as the AMQP property",
        "dead: `malformed`",
        "no answer comes back into the router",
        (dead("malformed"),) * 4,
        (turn(),) * 4,
        (
            Publish(message(reply_to={"exchange": "in.cli", "routing_key": "rk"})),
            Publish(message(reply_to={"exchange": "figures", "routing_key": ""})),
            Publish(message(reply_to={"routing_key": "turns.owner-model"})),
            Publish(message(), properties={"reply_to": "inbound.0"}),
        ),
    ),
)
