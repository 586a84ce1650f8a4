"""Having agents talk to each other for ever."""

from tests.broker.attacks.attack import PEERS, Attack, Publish, dead, message, turn

ATTACKS = (
    Attack(
        "Hops over the limit",
        "a message that agents have passed on nine times",
        "dead: `loop`; after eight it is a job, whose `hops` is nine",
        "hops are counted",
        (dead("loop"), turn("hub_peer", "peer-model", hops=9)),
        (turn("hub_peer", "peer-model", hops=10), turn("hub_peer", "peer-model", hops=9)),
        (Publish(message(hops=9)), Publish(message(hops=8))),
        by="hub",
    ),
    Attack(
        "An echo",
        "an agent's message comes back to it: its sender is the agent it addresses",
        "dead: `loop`",
        "an agent's own echo is dead",
        (dead("loop"),),
        (PEERS,),
        (Publish(message(source={"user_id": "slate"}, agent_id="slate")),),
        by="hub",
    ),
    Attack(
        "A ping-pong",
        "two agents answer each other, without passing `hops` on: twelve messages, where the limit"
        " for a pair is ten; and one that calls itself a stranger's",
        "ten are jobs, the rest is dead: `rate_limited`. By default it is ten a minute for two agents of"
        " a hub",
        "a pair of agents has a limit",
        (*[PEERS] * 10, *[dead("rate_limited")] * 3),
        (*[PEERS] * 12, turn(model="peer-model")),
        (
            Publish(message(source={"user_id": "slate"}, agent_id="quartz")),
            Publish(message(source={"user_id": "quartz"}, agent_id="slate")),
        )
        * 6
        + (
            Publish(
                message(source={"user_id": "slate"}, agent_id="quartz", source_kind="stranger")
            ),
        ),
        by="hub",
    ),
)
