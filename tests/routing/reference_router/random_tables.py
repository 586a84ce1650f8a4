"""Tables at random, each with messages to decide about."""

from tests.routing.reference_router.random_matches import random_match
from tests.routing.reference_router.random_messages import random_facts
from tests.routing.reference_router.random_rules import (
    random_fallbacks,
    random_key,
    random_rule_fields,
    random_runtime_fields,
)
from tests.routing.reference_router.random_words import IDS, KINDS, MODELS, PLATFORMS, RUNTIMES

NAMES = ["night", "vip", "größe", "1", "no", "a b"]
# What a loader of these tables needs in the environment.
ENVIRON = {"KEY_A": "canary", "KEY_B": "canary", "KEY_C": "canary"}


def random_case(rng, messages=8):
    """Return (document, [facts, …]): a table without errors, and `messages` messages for it.

    `rng` is a random.Random: the same state gives the same case. The shapes of both are those of
    `reference_decision`; `dump` in yaml_text.py writes the document as a file. Keys are named
    `${KEY_A}` and so on (`ENVIRON`). The `conversation` of the facts is made up: who works it out
    from the message puts that in its place.
    """
    document = random_document(rng)
    return document, [random_facts(rng, document) for _ in range(messages)]


def random_document(rng):
    """A table without errors."""
    runtimes = rng.sample(RUNTIMES, rng.randrange(len(RUNTIMES) + 1))
    document = {"model": random_model(rng, runtimes)}
    if runtimes:
        document["runtimes"] = {
            name: {**random_runtime_fields(rng), "model": rng.choice(MODELS[:-2])}
            for name in runtimes
        }
    if rng.random() < 0.5:
        document["models"] = rng.sample(MODELS[:-2], rng.choice([1, 2]))
    if rng.random() < 0.5:
        kinds = rng.sample(KINDS, rng.choice([1, 2, 4]))
        document["overrides"] = {kind: rng.choice(["any", "listed", "none"]) for kind in kinds}
    if rng.random() < 0.2:
        document["hub_platforms"] = rng.choice([["hub", "mesh"], ["mesh"]])
    if rng.random() < 0.2:
        document["spoofable_platforms"] = ["webhook", "discord"]
    if rng.random() < 0.4:
        document["platforms"] = random_channel_overrides(rng, runtimes)
    if rng.random() < 0.4:
        document["smart_model_routing"] = random_smart_model_routing(rng)
    _give_names(rng, document)
    return document


def random_model(rng, runtimes):
    """The `model:` block: a bare name, or a mapping of base, routes and shorthands."""
    if rng.random() < 0.05:
        return "base-m"
    block = rng.choice([{"default": "base-m"}, {"model": "base-m"}, {"default": "", "model": "a"}])
    fields = {**random_runtime_fields(rng), **random_key(rng)}
    fields.pop("model", None)
    if sum(name.startswith("api_key") for name in fields) > 1:
        fields = {name: fields[name] for name in fields if not name.startswith("api_key")}
    block = {**block, **fields}
    if rng.random() < 0.4:
        block["fallbacks"] = random_fallbacks(rng, runtimes)
    count = rng.randrange(9)
    if count:
        block["routes"] = [random_route(rng, runtimes) for _ in range(count)]
    if rng.random() < 0.4:
        platforms = rng.sample([*PLATFORMS, "hub:slate"], rng.choice([1, 2, 3]))
        block["platforms"] = {name: random_entry(rng, runtimes) for name in platforms}
    if rng.random() < 0.4:
        kinds = rng.sample(KINDS, rng.choice([1, 2, 4]))
        block["by_source"] = {kind: random_entry(rng, runtimes, text=False) for kind in kinds}
    return block


def random_route(rng, runtimes):
    """One entry of `routes`."""
    return {"match": random_match(rng), **random_rule_fields(rng, runtimes)}


def random_entry(rng, runtimes, *, text=True, match=True):
    """One entry of a shorthand: what it sets, or nothing at all."""
    form = rng.random()
    if form < 0.1:
        return rng.choice([{}, None, ""])
    if form < 0.4 and text:
        return rng.choice(MODELS[:-2])
    if form < 0.5 and match:
        return random_route(rng, runtimes)
    return random_rule_fields(rng, runtimes)


def random_channel_overrides(rng, runtimes):
    """The top-level `platforms:`, with rules for some channels."""
    return {
        platform: {
            "channel_overrides": {
                channel: random_entry(rng, runtimes, match=False)
                for channel in rng.sample(IDS, rng.choice([1, 2, 4]))
            }
        }
        for platform in rng.sample([*PLATFORMS, "hub:slate"], rng.choice([1, 2, 4]))
    }


def random_smart_model_routing(rng):
    """The section, switched on more often than not."""
    section = {"cheap_model": {**random_runtime_fields(rng), "model": "cheap-m"}}
    if rng.random() < 0.8:
        section["enabled"] = rng.random() < 0.8
    if rng.random() < 0.4:
        section["max_simple_chars"] = rng.choice([2, 11, 40])
    if rng.random() < 0.4:
        section["max_simple_words"] = rng.choice([1, 2, 5])
    return section


def _give_names(rng, document):
    # Each name once, so they are handed out when all rules are there.
    names = rng.sample(NAMES, len(NAMES))
    block = document["model"] if isinstance(document["model"], dict) else {}
    entries = [
        *block.get("routes", []),
        *block.get("platforms", {}).values(),
        *block.get("by_source", {}).values(),
        *(
            entry
            for people in document.get("platforms", {}).values()
            for entry in people["channel_overrides"].values()
        ),
    ]
    for entry in entries:
        if isinstance(entry, dict) and entry and names and rng.random() < 0.25:
            entry["name"] = names.pop()
