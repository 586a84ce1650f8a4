import copy
import random

import pytest

from contracts import InboundMessage, PlatformName, SourceKind
from routing.changed_settings import changed_settings
from routing.context import Circumstances
from routing.decide import Router
from routing.difference import difference
from routing.load_table import load_table
from routing.outcome import Outcome
from routing.rejection import Rejection
from tests.routing.reference_router.random_rules import random_rule_fields
from tests.routing.reference_router.random_tables import ENVIRON, random_case, random_route
from tests.routing.reference_router.yaml_text import dump

TABLES = 60
MESSAGES = 150


def _table(document):
    found = load_table(dump(document).encode(), ENVIRON)
    assert found.table is not None, [problem.render("drawn") for problem in found.problems]
    return found.table


def _edited(rng, document):
    """The document after a change or two to its routes, as people make them."""
    edited = copy.deepcopy(document)
    if not isinstance(edited["model"], dict):
        edited["model"] = {"default": edited["model"]}
    routes = edited["model"].setdefault("routes", [])
    runtimes = list(edited.get("runtimes", {}))
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.randrange(len(routes) + 1)
        change = rng.choice(["add", "drop", "swap", "target", "match"])
        if change == "add" or place == len(routes):
            routes.insert(place, random_route(rng, runtimes))
        elif change == "drop":
            del routes[place]
        elif change == "swap":
            routes.append(routes.pop(place))
        elif change == "target":
            routes[place] = {"match": routes[place]["match"], **random_rule_fields(rng, runtimes)}
        else:
            routes[place] = {**routes[place], "match": random_route(rng, runtimes)["match"]}
    return edited


def _is_possible(facts):
    # These tables know no owner but at the terminal, and list no publishers.
    owned = facts["source_kind"] != "owner" or facts["platform"] in {"cli", "local"}
    return owned and not facts["verified"]


def _outcome(router, facts):
    message = InboundMessage.model_validate(facts["message"])
    platform = PlatformName.parse(facts["platform"])
    known = Circumstances(facts["publisher"], facts["verified"], facts["now"])
    try:
        decision = router.decide(message, platform, SourceKind(facts["source_kind"]), known)
    except Rejection as rejection:
        return Outcome.of({"dead": rejection.reason})
    return Outcome.of(
        {
            **decision.runtime.model_dump(),
            "fallbacks": [each.model_dump() for each in decision.fallbacks],
            "queue": decision.queue,
            "priority": decision.priority,
            "expires_in": decision.expires_in,
            "variant": decision.route.variant,
        }
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_message_goes_elsewhere_where_nothing_is_said_to(seed):
    """Whatever is edited in a table, with all its operators, a message that moves is never missed."""
    rng = random.Random(f"edits {seed}")
    moved = 0
    for _ in range(TABLES):
        document, drawn = random_case(rng, MESSAGES)
        edited = _edited(rng, document)
        old, new = _table(document), _table(edited)
        routers = Router(old), Router(new)
        elsewhere = [
            facts
            for facts in drawn
            if _is_possible(facts) and len({_outcome(router, facts) for router in routers}) > 1
        ]
        said = not difference(old, new).is_none or changed_settings(old, new)
        assert said or not elsewhere, (dump(document), dump(edited), elsewhere[0])
        moved += bool(elsewhere)
    assert moved > TABLES / 10


def test_a_table_is_never_different_from_itself():
    """Of no table, with all its operators, anything is said to go elsewhere by the same one."""
    rng = random.Random("itself")
    for _ in range(TABLES):
        document, _ = random_case(rng, 0)
        table, again = _table(document), _table(copy.deepcopy(document))
        assert difference(table, again).is_none, dump(document)
        assert changed_settings(table, again) == ()
