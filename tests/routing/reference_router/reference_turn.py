"""What a rule makes of a turn: its runtime, queue, priority, expiry, fallbacks and variant.

A turn is a dict of the runtime's eight and queue, priority, expires_in (whole milliseconds),
fallbacks, variant.
"""

from hashlib import sha256

from tests.routing.reference_router.reference_runtime import (
    base_fallbacks,
    base_runtime,
    fallbacks_of,
    runtime_of,
    stated,
)

UNITS = {"ms": 1, "s": 1000, "m": 60_000}


def base_turn(document):
    """What no rule makes of a turn: the base."""
    return {
        **base_runtime(document),
        "queue": None,
        "priority": None,
        "expires_in": None,
        "fallbacks": base_fallbacks(document),
        "variant": None,
    }


def rule_turn(document, rule):
    """What a rule makes of a turn, before any split."""
    return _turn_over(document, rule["fields"], base_turn(document), rule["path"])


def variant_turns(document, rule):
    """(weight, turn) of each entry of the rule's split, in order; none if it has no split."""
    turns = []
    for index, fields in enumerate(stated(rule["fields"], "split") or []):
        path = f"{rule['path']}.split[{index}]"
        turn = _turn_over(document, fields, rule_turn(document, rule), path)
        turn["variant"] = stated(fields, "name") or str(index)
        turns.append((fields["weight"], turn))
    return turns


def chosen_turn(document, rule, conversation):
    """What a rule makes of a turn of this conversation."""
    turns = variant_turns(document, rule)
    if not turns:
        return rule_turn(document, rule)
    total = sum(weight for weight, _ in turns)
    point = int.from_bytes(sha256(conversation.encode()).digest()[:8], "big") % total
    for weight, turn in turns:
        if point < weight:
            return turn
        point -= weight
    raise AssertionError("the point lies beyond the weights")


def _turn_over(document, fields, over, path):
    runtime = {name: over[name] for name in base_runtime(document)}
    runtime = runtime_of(document, fields, runtime, path)
    priority = stated(fields, "priority")
    expires_in = stated(fields, "expires_in")
    return {
        **runtime,
        "queue": stated(fields, "queue") or over["queue"],
        "priority": over["priority"] if priority is None else priority,
        "expires_in": over["expires_in"] if expires_in is None else milliseconds(expires_in),
        "fallbacks": fallbacks_of(document, fields, runtime, over["fallbacks"], path),
        "variant": None,
    }


def milliseconds(duration):
    """`500ms`, `60s`, `10m` or seconds, in whole milliseconds."""
    for unit, length in UNITS.items():
        number = str(duration).removesuffix(unit)
        if number != str(duration) and number.isdigit():
            return int(number) * length
    return int(duration) * 1000
