"""What a message may name for itself: its `override`, and whether it is obeyed."""

from tests.routing.reference_router.reference_order import denies, effective_order
from tests.routing.reference_router.reference_platform import platform_name
from tests.routing.reference_router.reference_runtime import base_runtime, named_runtime
from tests.routing.reference_router.reference_turn import base_turn, rule_turn, variant_turns

POLICIES = {"owner": "any", "cron": "any", "hub_peer": "listed", "stranger": "listed"}


def named(facts, what):
    """The `runtime` or `model` that the message names, or None."""
    override = facts["message"].get("override") or {}
    value = override.get(what)
    return None if value in (None, "", []) else str(value)


def from_hub_peer(document, facts):
    """Whether a peer wrote it; one that calls itself a stranger still did."""
    platform, _ = platform_name(facts["platform"])
    hub = platform in document.get("hub_platforms", ["hub"])
    return facts["source_kind"] == "hub_peer" or (hub and facts["source_kind"] == "stranger")


def policy(document, facts):
    """`any`, `listed` or `none`. A peer that calls itself a stranger gains nothing by it."""
    policies = {**POLICIES, **(document.get("overrides") or {})}
    found = [policies[facts["source_kind"]]]
    if from_hub_peer(document, facts):
        found.append(policies["hub_peer"])
    return next(policy for policy in ("none", "listed", "any") if policy in found)


def runtime_ignored(document, facts):
    """Why the runtime that the message names is not obeyed; None if it is."""
    may = policy(document, facts)
    if may == "none":
        return "closed"
    if named(facts, "runtime") not in (document.get("runtimes") or {}):
        return "unknown"
    return None if may == "any" else "not_listed"


def model_ignored(document, facts, routed_model):
    """Why the model that the message names is not obeyed; None if it is."""
    may, model = policy(document, facts), named(facts, "model")
    if may == "none":
        return "closed"
    if model in [base_runtime(document)["model"], routed_model, *(document.get("models") or [])]:
        return None
    if model not in known_models(document):
        return "unknown"
    return None if may == "any" else "not_listed"


def known_models(document):
    """Every model that the table knows: of `models`, runtimes, rules, variants and fallbacks."""
    known = set(document.get("models") or [])
    known |= {named_runtime(document, name)["model"] for name in document.get("runtimes") or {}}
    turns = [base_turn(document)]
    for rule in effective_order(document):
        if not denies(rule):
            turns.append(rule_turn(document, rule))
            turns += [turn for _, turn in variant_turns(document, rule)]
    for turn in turns:
        known |= {turn["model"], *(fallback["model"] for fallback in turn["fallbacks"])}
    return known
