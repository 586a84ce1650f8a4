"""Pretending to be another platform, or another feeder."""

from tests.broker.attacks.attack import (
    MARK,
    OWNERS,
    REDRIVE,
    Attack,
    Publish,
    dead,
    message,
    refused,
    turn,
)

_NO_REDRIVE = {f"headers.{name}": None for name in REDRIVE}
_AS_CLI = message("/stop", source={"platform": "cli"})
_TWICE = (
    b'{"text": "x", "attack": "%s", "source": {"chat_id": "9"},'
    b' "source": {"chat_id": "42", "chat_type": "dm"}}'
) % MARK.encode()

ATTACKS = (
    Attack(
        "Another platform in the body",
        "telegram's feeder names `cli` in `source.platform`, or `local`, which is its other name",
        "dead: `platform_mismatch`",
        "the exchange says the platform",
        (dead("platform_mismatch"), dead("platform_mismatch")),
        (OWNERS, OWNERS),
        (Publish(_AS_CLI), Publish(message(source={"platform": "LOCAL "}))),
    ),
    Attack(
        "Straight into a partition",
        "somebody who may publish through the default exchange names `inbound.0`, or the queue of an"
        " isolated platform",
        "dead: `untrusted_origin`",
        "only a platform's exchange counts",
        (dead("untrusted_origin"), dead("untrusted_origin")),
        (OWNERS, OWNERS),
        (Publish(_AS_CLI, "", "inbound.0"), Publish(_AS_CLI, "", "inbound@webhook")),
        by="insider",
    ),
    Attack(
        "An exchange of one's own",
        "somebody who may declare exchanges binds one to `inbound`, one to `in.cli`, and has `in.cli`"
        " for the alternate exchange of a third",
        "dead: `untrusted_origin`: a message keeps the name of the exchange it was published to",
        "only a platform's exchange counts",
        (dead("untrusted_origin"),) * 3,
        (OWNERS,) * 3,
        (
            Publish(_AS_CLI, "own-to-inbound"),
            Publish(_AS_CLI, "own-to-cli"),
            Publish(_AS_CLI, "own-or-cli"),
        ),
        by="insider",
    ),
    Attack(
        "An exchange that is left over",
        "a message comes from `in.open`, declared when trust was `open`",
        "dead: `untrusted_origin`",
        "`in.open` is nobody's",
        (dead("untrusted_origin"),),
        (turn(),),
        (Publish(message(), "in.open"),),
        by="insider",
    ),
    Attack(
        "Forged headers of a redrive",
        "telegram's feeder writes the headers by which operators say what a dead letter was:"
        " `x-redrive-platform: cli`, `x-redrive-source-kind: owner`, `x-redrive-attempt: 9`; and to a"
        " message that is no message",
        "they mean nothing: a stranger's job and its first attempt; dead: `malformed`, without them",
        "only operators redrive",
        (
            {**turn(), "headers.x-attempt": 1},
            dead("malformed", **_NO_REDRIVE),
        ),
        (
            {**OWNERS, "headers.x-attempt": 9},
            dead("malformed", **{"headers.x-redrive-fingerprint": "f"}),
        ),
        (
            Publish(message(), properties={"headers": REDRIVE}),
            Publish(b"no message", properties={"headers": REDRIVE}),
        ),
    ),
    Attack(
        "An exchange that looks like another",
        "`in.ｃｌｉ` in full-width letters, and `in.cli` with a zero-width space, bound to `inbound`",
        "dead: `untrusted_origin`",
        "names of platforms are ASCII",
        (dead("untrusted_origin"), dead("untrusted_origin")),
        (OWNERS, OWNERS),
        (Publish(message(), "in.ｃｌｉ"), Publish(message(), "in.c\u200bli")),
        by="insider",
    ),
    Attack(
        "A platform's name that looks like another",
        "`source.platform` is `ｔelegram`, has a zero-width space, or a Kelvin sign for a k",
        "dead: `malformed`; case and ASCII space around it mean nothing and change nothing",
        "names of platforms are ASCII",
        (*[dead("malformed")] * 3, turn()),
        (turn(),) * 4,
        (
            Publish(message(source={"platform": "ｔelegram"})),
            Publish(message(source={"platform": "tele\u200bgram"})),
            Publish(message(source={"platform": "webhoo\u212a"}), by="webhook"),
            Publish(message(source={"platform": " TeleGram\t"})),
        ),
    ),
    Attack(
        "Forged headers of the broker's",
        "`x-first-death-exchange` and `x-death` say that the message came by `in.cli`",
        "nothing of it is believed: a stranger's job",
        "headers say nothing of the origin",
        (turn(),),
        (OWNERS,),
        (
            Publish(
                message(),
                properties={
                    "headers": {
                        "x-first-death-exchange": "in.cli",
                        "x-death": [{"exchange": "in.cli", "queue": "inbound.0", "count": 1}],
                    }
                },
            ),
        ),
    ),
    Attack(
        "A forged `user_id`",
        "telegram's feeder publishes with `user_id: hub-slack`",
        "the broker refuses it: 406",
        "the broker checks `user_id`",
        (refused(406),),
        (turn(source__publisher="hub-slack"),),
        (Publish(message(), properties={"user_id": "hub-slack"}),),
    ),
    Attack(
        "No `user_id`, or one that is not listed",
        "a message to a platform that lists its `publishers`, without `user_id`; another with that"
        " of somebody who may write to the exchange all the same",
        "dead: `untrusted_publisher`",
        "listed publishers are checked",
        (dead("untrusted_publisher"), dead("untrusted_publisher")),
        (turn(model="verified-model"),) * 2,
        (
            Publish(message(), "in.slack", by="slack"),
            Publish(message(), "in.slack", properties={"user_id": "insider"}, by="insider"),
        ),
    ),
    Attack(
        "A body that vouches for itself",
        "it says `verified: true`, `publisher: hub-slack`, `trust: open`, `allow_control: true`",
        "they travel in `message`, which nobody trusts; the job's `source` says what is so",
        "a job's facts are the worker's",
        (turn(source__verified=False, source__publisher=None),),
        (turn(source__verified=True, source__publisher="hub-slack"),),
        (
            Publish(
                message(
                    source={"verified": True, "publisher": "hub-slack"},
                    verified=True,
                    publisher="hub-slack",
                    trust="open",
                    allow_control=True,
                )
            ),
        ),
    ),
    Attack(
        "A hub frame on another platform's exchange",
        "telegram's feeder publishes `{type: message, data: {from, text}}`",
        "dead: `platform_mismatch`",
        "frames are for hubs",
        (dead("platform_mismatch"),),
        (turn(),),
        (Publish({"type": "message", "data": {"from": "slate", "text": "hello"}}),),
    ),
    Attack(
        "A key written twice",
        "two `source` objects, so that one reader sees a stranger and another the owner",
        "dead: `malformed`",
        "no key twice at the top level or in `source`",
        (dead("malformed"),),
        (OWNERS,),
        (Publish(_TWICE),),
    ),
)
