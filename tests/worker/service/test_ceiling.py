from typing import cast

import pytest

from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.pipeline.turn import Turn
from worker.service.ceiling import Ceiling

TURN = cast(Turn, pipeline()(delivery(message()), STAMP))
SIZE = len(TURN.publication.body)
LOST = "the connection was lost: PRECONDITION_FAILED - message size {} is larger than {} size {}"


@pytest.mark.parametrize("called", ["configured max", "max"])
@pytest.mark.parametrize(("most", "fits"), [(SIZE, True), (SIZE - 1, False)])
def test_what_the_broker_takes_is_learnt_from_what_it_refuses(called, most, fits):
    """Once a link was lost by a body over the limit, each larger job is told, and no other."""
    ceiling = Ceiling()
    assert ceiling.excess(TURN) is None
    ceiling.learn(LOST.format(most + 1, called, most))
    excess = f"the job is {SIZE} bytes, and the broker takes {most} (max_message_size)"
    assert ceiling.excess(TURN) == (None if fits else excess)


@pytest.mark.parametrize("why", [None, "closed", "the connection was lost: CONNECTION_FORCED"])
def test_what_is_known_goes_with_a_link_that_was_lost_otherwise(why):
    """Once a link was lost for another reason, the broker may take more: every job goes again."""
    ceiling = Ceiling()
    ceiling.learn(LOST.format(SIZE, "max", SIZE - 1))
    ceiling.learn(why)
    assert ceiling.excess(TURN) is None
