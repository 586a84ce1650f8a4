import copy
from collections import Counter
from random import Random

import pytest
import yaml

from contracts import InboundMessage, PlatformName
from tests.routing.reference_router.random_tables import random_case
from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.yaml_text import dump

CASES = [random_case(Random(seed)) for seed in range(150)]


def as_text(value):
    """What a document says, as a reader that takes every scalar for text has it."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def test_the_same_seed_gives_the_same_case():
    """A case can be had again from its seed."""
    assert random_case(Random(7)) == random_case(Random(7))


def test_a_document_says_the_same_as_its_text():
    """A file that was dumped reads back as the document, texts and all."""
    for document, _ in CASES:
        assert yaml.load(dump(document), Loader=yaml.BaseLoader) == as_text(document)


def test_params_keep_their_types():
    """In params a text stays text, and a number, a flag and a null stay what they are."""
    params = {
        "texts": [
            "1",
            "1.0",
            "1e5",
            "true",
            "Null",
            "yes",
            "-",
            "",
            "a: b",
            "größe",
            "x\n\0",
            "0x1",
        ],
        "others": [1, -2, 0.5, 1.0, True, False, None],
        "inside": {"deep": [{"a": "1"}]},
    }
    fallbacks = {"fallbacks": [{"params": params}]}
    for document in ({"params": params}, {"split": [fallbacks]}, {"hub": fallbacks}):
        assert yaml.safe_load(dump(document)) == document


def test_a_key_that_needs_quotes_has_them():
    """Keys and texts that YAML would read as something else are quoted."""
    document = {"null": "~", "a b": "x: y", "[a]": "- z", "#": "", "é": "@", "-": "---"}
    assert yaml.load(dump(document), Loader=yaml.BaseLoader) == document
    assert yaml.safe_load(dump(document)) == document


def test_random_messages_are_messages():
    """Every random body is an inbound message, and every platform a platform's name."""
    for _, messages in CASES:
        for facts in messages:
            InboundMessage.model_validate(facts["message"])
            PlatformName.parse(facts["platform"])
            assert facts["now"].tzinfo is not None


@pytest.fixture(scope="module")
def outcomes():
    """How often each outcome is reached by the cases."""
    found: Counter[object] = Counter()
    for document, messages in CASES:
        for facts in messages:
            decision = reference_decision(document, facts)
            if "denied" in decision:
                found["denied"] += 1
                continue
            route = decision["route"]
            found.update([route["reason"], ("ignored", route["override_ignored"])])
            named = ("queue", "priority", "expires_in", "fallbacks", "params")
            found.update(name for name in named if decision[name] is not None)
            found["variant"] += route["variant"] is not None
    return found


def test_random_cases_reach_every_outcome(outcomes):
    """Every way a message can be decided comes up often enough to be compared."""
    reasons = ["denied", "matched", "base", "override", "runtime", "memory_flush"]
    ignored = [("ignored", why) for why in ("unknown", "not_listed", "closed", "memory_flush")]
    others = ["queue", "priority", "expires_in", "fallbacks", "params", "variant"]
    rare = {what: outcomes[what] for what in [*reasons, *ignored, *others] if outcomes[what] < 5}
    assert not rare


def test_deciding_changes_nothing():
    """Neither the document nor the facts are changed, and deciding again gives the same answer."""
    for document, messages in CASES[:30]:
        before = copy.deepcopy((document, messages))
        first = [reference_decision(document, facts) for facts in messages]
        assert (document, messages) == before
        assert [reference_decision(document, facts) for facts in messages] == first
