"""Getting into somebody else's conversation, or in the way of it."""

from tests.broker.attacks.attack import Attack, Publish, message, turn

_OWNERS = "telegram/type=dm/chat=42"
_SLACK = {"user_id": "hub-slack"}
_COLLIDING = {"message_id": "m-1", "conversation_id": "c", "source": {"chat_id": "9"}}

ATTACKS = (
    Attack(
        "Another platform's conversation",
        "slack's feeder states the very key of the owner's DM as `conversation_id`",
        "the key begins with slack: a conversation of its own",
        "a conversation's key begins with its platform",
        (
            turn(
                model="verified-model",
                conversation_id="slack/conversation=telegram%2Ftype=dm%2Fchat=42",
            ),
        ),
        (turn(model="verified-model", conversation_id=_OWNERS),),
        (Publish(message(conversation_id=_OWNERS), properties=_SLACK),),
        by="slack",
    ),
    Attack(
        "A key inside a key",
        "`agent_id` is `coder/type=dm/chat=9`, `user_id` and `chat_id` likewise, to read as another's key",
        "escaped: the key of nobody else",
        "parts of a key are escaped",
        (
            turn(conversation_id="telegram/agent=coder%2Ftype=dm%2Fchat=9/conversation=x"),
            turn(conversation_id="telegram/type=group/chat=1%2Fuser=2/user=3"),
        ),
        (
            turn(conversation_id="telegram/agent=coder/type=dm/chat=9/conversation=x"),
            turn(conversation_id="telegram/type=group/chat=1/user=2/user=3"),
        ),
        (
            Publish(message(agent_id="coder/type=dm/chat=9", conversation_id="x")),
            Publish(message(source={"chat_type": "group", "chat_id": "1/user=2", "user_id": "3"})),
        ),
    ),
    Attack(
        "Somebody's message id",
        "the `message_id` that another platform, conversation or agent is about to use, to have"
        " that message dropped as a repeat",
        "a job each: an id counts within its conversation",
        "a turn's id holds platform, agent and conversation",
        (turn(), turn(), turn(), turn(model="verified-model")),
        (turn(model="verified-model"),),
        (
            Publish(_COLLIDING | {"text": "first"}, by="slack", properties=_SLACK),
            Publish(_COLLIDING | {"text": "other platform"}),
            Publish(_COLLIDING | {"text": "other conversation", "conversation_id": "d"}),
            Publish(_COLLIDING | {"text": "other agent", "agent_id": "a"}),
        ),
    ),
    Attack(
        "The same words beforehand",
        "a bare `yes` without any id, in a group whose members share one conversation, so that the next is a repeat",
        "a job each: a derived id drops nothing",
        "derived ids drop no repeats",
        (turn(message_id_derived=True), turn(message_id_derived=True)),
        (turn(),),
        (Publish(message("yes"), without_id=True), Publish(message("yes"), without_id=True)),
    ),
)
