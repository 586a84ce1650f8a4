import random

import pytest

from contracts import InboundMessage, PlatformName, SourceKind
from routing.context import Circumstances
from routing.conversation import conversation_key
from routing.decide import Router
from routing.load_table import load_table
from routing.rejection import Rejection
from tests.routing.reference_router.random_tables import ENVIRON, random_case
from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.yaml_text import dump

CHUNKS = 20
TABLES = 100  # in each chunk
MESSAGES = 100  # for each table, so 200,000 pairs in all


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_compiled_table_decides_as_the_plain_reading_does(seed):
    """Whatever table and message are drawn, decision and denial are those of the naive reference."""
    rng = random.Random(f"chunk {seed}")
    compared = 0
    for _ in range(TABLES):
        document, drawn = random_case(rng, MESSAGES)
        router = loaded(document)
        for facts in drawn:
            message = InboundMessage.model_validate(facts["message"])
            platform = PlatformName.parse(facts["platform"])
            known = {**facts, "conversation": conversation_key(message, platform, router.table)}
            found = decided(router, message, platform, known)
            assert found == reference_decision(document, known), (dump(document), known)
            compared += 1
    assert compared == TABLES * MESSAGES


def loaded(document):
    found = load_table(dump(document).encode(), ENVIRON)
    assert found.table is not None, [problem.render("drawn") for problem in found.problems]
    return Router(found.table)


def decided(router, message, platform, facts):
    circumstances = Circumstances(facts["publisher"], facts["verified"], facts["now"])
    kind = SourceKind(facts["source_kind"])
    try:
        decision = router.decide(message, platform, kind, circumstances)
    except Rejection as rejection:
        return {rejection.reason.value: rejection.detail.split("`")[1]}
    assert decision.error is None, decision.error
    route = decision.route
    return {
        **as_reference(decision.runtime),
        "queue": decision.queue,
        "priority": decision.priority,
        "expires_in": decision.expires_in and round(decision.expires_in * 1000),
        "fallbacks": [as_reference(each) for each in decision.fallbacks],
        "route": {
            "name": route.name,
            "index": route.index,
            "reason": route.reason,
            "override_ignored": route.override_ignored,
            "variant": route.variant,
        },
    }


def as_reference(runtime):
    fields = runtime.model_dump()
    return {**fields, "args": None if fields["args"] is None else list(fields["args"])}
