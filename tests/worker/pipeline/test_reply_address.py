import pytest

from contracts import DeadReason
from routing.load_table import load_table
from tests.routing.loading import table
from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.pipeline.turn import DeadLetter, Turn
from worker.settings import Settings
from worker.topology import plan_topology

NIGHTS = "{model: {default: m, routes: [{match: {chat_id: '1'}, queue: night-shift}]}}"
OURS = [
    {"exchange": "in.cli", "routing_key": "x"},
    {"exchange": "in.nobody-has-it-yet", "routing_key": "x"},
    {"exchange": "inbound", "routing_key": "x"},
    {"exchange": "turns", "routing_key": "turns.m"},
    {"exchange": "dead", "routing_key": ""},
    {"exchange": "figures", "routing_key": ""},
    {"routing_key": "inbound.0"},
    {"routing_key": "inbound@webhook"},
    {"routing_key": "turns.another"},
    {"exchange": "", "routing_key": "turns.another"},
    {"routing_key": "dead"},
    {"routing_key": "dead.lock"},
    {"routing_key": "figures.somebody"},
    {"routing_key": "night-shift"},
]
THEIRS = [
    {"exchange": "answers", "routing_key": "turns.m"},
    {"exchange": "amq.topic", "routing_key": "inbound.0"},
    {"exchange": "indeed", "routing_key": "x"},
    {"routing_key": "answers"},
    {"routing_key": "deadline"},
    {"routing_key": "my.turns.m"},
    {"routing_key": "inboundaries"},
]


def made(prefix="", exchange="in.telegram", reply_to=None, **properties):
    fields = {} if reply_to is None else {"reply_to": reply_to}
    given = delivery(message(**fields), exchange=exchange, **properties)
    return pipeline(table(NIGHTS), prefix)(given, STAMP)


def own_queues():
    """What the topology of a table has, other than queues of jobs."""
    planned = plan_topology(
        table("{model: m, platforms: {webhook: {isolated: true}}}"), Settings.load({}, {}, {})
    )
    consumed = (queue.name for queue in planned.consumed.values())
    return sorted({planned.dead.name, planned.lock, planned.mark, *consumed})


@pytest.mark.parametrize("queue", own_queues())
def test_no_queue_of_the_router_is_a_queue_of_answers_or_turns(queue):
    """Whatever queue the topology has, neither `reply_to` nor a rule's `queue:` may name it."""
    letter = made(reply_to={"routing_key": queue})
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.MALFORMED
    loaded = load_table(NIGHTS.replace("night-shift", queue).encode(), {})
    assert "is not a queue of turns" in str(loaded.problems)


@pytest.mark.parametrize("address", OURS, ids=str)
def test_no_answer_comes_back_to_the_router(address):
    """A message that wants its answer in one of our own exchanges or queues is malformed."""
    letter = made(reply_to=address)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.MALFORMED
    assert "reply_to" in letter.detail


@pytest.mark.parametrize("address", THEIRS, ids=str)
def test_answers_go_anywhere_else(address):
    """An address outside of our own names is the sender's to choose."""
    assert isinstance(made(reply_to=address), Turn)


def test_the_amqp_property_is_looked_at_as_well():
    """AMQP's `reply_to` counts where the body has none, and only there."""
    assert isinstance(pipeline()(delivery(message(), reply_to="turns.another"), STAMP), DeadLetter)
    stated = message(reply_to={"routing_key": "answers"})
    assert isinstance(pipeline()(delivery(stated, reply_to="turns.another"), STAMP), Turn)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ({"exchange": "blue.in.cli", "routing_key": "x"}, DeadLetter),
        ({"routing_key": "blue.turns.m"}, DeadLetter),
        ({"routing_key": "blue.night-shift"}, DeadLetter),
        ({"routing_key": "night-shift"}, Turn),
        ({"exchange": "in.cli", "routing_key": "x"}, Turn),
    ],
    ids=str,
)
def test_our_own_names_have_the_prefix(address, kind):
    """With a prefix our names are those that begin with it."""
    assert isinstance(made("blue.", "blue.in.telegram", reply_to=address), kind)
