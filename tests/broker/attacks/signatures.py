"""Messages of a platform whose transport cannot have a broker user of its own, so it signs them."""

from tests.broker.attacks.attack import OWNERS, Attack, Publish, Signed, dead, home, turn

ATTACKS = (
    Attack(
        "No signature, or one by a key that is not listed",
        "somebody who may write to `in.api_server` sends the owner's ids unsigned, or signed by a"
        " key of their own",
        "dead: `bad_signature`",
        "messages are signed where keys are listed",
        (dead("bad_signature"), dead("bad_signature")),
        (OWNERS, OWNERS),
        (Publish(home()), Publish(home(), signed=Signed(key="ANOTHERS_KEY", kid="k2"))),
        by="api_server",
    ),
    Attack(
        "A signature over other bytes",
        "a signature that was made for another body, for another AMQP `message_id`, or with another"
        " platform's key",
        "dead: `bad_signature`",
        "a signature is of these very bytes",
        (dead("bad_signature"),) * 3,
        (OWNERS,) * 3,
        (
            Publish(home(message_id="1"), signed=Signed(over=b'{"text": "hello"}')),
            Publish(home(message_id="2"), signed=Signed(message_id="another")),
            Publish(home(message_id="3"), signed=Signed(key="ANOTHERS_KEY")),
        ),
        by="api_server",
    ),
    Attack(
        "An old signature",
        "a signed message is played again after more than five minutes, or was made for later",
        "dead: `bad_signature`",
        "a signature holds for five minutes",
        (dead("bad_signature"), dead("bad_signature")),
        (OWNERS, OWNERS),
        (
            Publish(home(message_id="1"), signed=Signed(age=400)),
            Publish(home(message_id="2"), signed=Signed(age=-400)),
        ),
        by="api_server",
    ),
    Attack(
        "A signed message, played again",
        "the same bytes, id and signature once more, within five minutes",
        "a repeat: one job, here the owner's",
        "a repeat is dropped",
        (OWNERS,),
        (OWNERS, OWNERS),
        (Publish(home(), signed=Signed()), Publish(home(), signed=Signed())),
        by="api_server",
    ),
    Attack(
        "Somebody else's answer",
        "whoever carries a signed message adds AMQP's `reply_to`, which is not signed",
        "the owner's job, without it",
        "an address that is not signed is not heard",
        ({**OWNERS, "job.reply_to": None},),
        (turn("owner", "owner-model", reply_to__routing_key="attackers"),),
        (Publish(home(), signed=Signed(), properties={"reply_to": "attackers"}),),
        by="api_server",
    ),
)
