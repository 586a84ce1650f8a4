import json
from datetime import UTC, datetime
from pathlib import Path

from routing.decide import Router
from tests.routing.tables import rule, table
from worker.pipeline.build_job import Stamp
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.pipeline import Limits, Pipeline

FOLDER = Path(__file__).parent.parent / "data/golden"


def test_the_golden_message_becomes_the_golden_job():
    """The main path makes the golden turn job of the golden inbound message, to the letter."""
    by = table(
        [rule({"platform": "telegram"}, name="platforms.telegram", model="plat-m")],
        models=["turbo-m"],
        publishers={"telegram": ["hub-telegram"]},
    )
    delivery = Delivery(
        tag=1,
        body=(FOLDER / "inbound_message.json").read_bytes(),
        exchange="in.telegram",
        routing_key="",
        properties=Properties(user_id="hub-telegram"),
    )
    stamp = Stamp(datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC), 1_769_860_801_000_000)
    turn = Pipeline(Router(by), Limits())(delivery, stamp)
    expected = json.loads((FOLDER / "turn_job.json").read_text(encoding="utf-8"))
    assert json.loads(turn.publication.body) == expected
