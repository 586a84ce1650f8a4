"""The decision about a message: a table's rules, written a second time, plainly and slowly.

It shares no code with the product.

A table is a *document*: what the YAML file says, as plain dicts and lists. Scalars are text, but
`enabled`, `deny` and `exists` are bools; `priority`, `weight`, `max_simple_chars` and
`max_simple_words` are ints; what `gt`, `gte`, `lt` and `lte` compare with is an int or a Decimal;
`params` is what JSON can say; and null is None.

The *facts* of a message are a dict:

    message       the body of an inbound message, a dict as JSON gives it
    platform      text, with the instance if there is one: `telegram`, `hub:slate`
    source_kind   owner, hub_peer, stranger or cron
    publisher     the AMQP user that the broker vouches for, or None
    verified      bool
    conversation  text, the whole conversation key
    now           the moment, an aware datetime
"""

from tests.routing.reference_router.reference_match import matches
from tests.routing.reference_router.reference_order import denies, effective_order
from tests.routing.reference_router.reference_override import (
    from_hub_peer,
    model_ignored,
    named,
    runtime_ignored,
)
from tests.routing.reference_router.reference_runtime import named_runtime
from tests.routing.reference_router.reference_turn import base_turn, chosen_turn


def reference_decision(document, facts):
    """Return what becomes of the message: a dict.

    It is `{"denied": rule name}`, or it has

        model, provider, base_url, api_mode, command, params, credential
                     text (params: a dict); None where nobody set it
        args         a list of text, or None
        queue        text, the rule's; None for the model's own queue
        priority     int or None
        expires_in   whole milliseconds, or None
        fallbacks    a list of dicts: model … credential, the eight of a runtime
        route        a dict: name, index, reason, override_ignored, variant

    `reason` is matched, base, override, runtime or memory_flush. Neither argument is changed.
    """
    rules = effective_order(document)
    index = next((i for i, r in enumerate(rules) if matches(r["match"], document, facts)), None)
    if index is not None and denies(rules[index]):
        return {"denied": rules[index]["name"]}

    runtime, model = named(facts, "runtime"), named(facts, "model")
    if facts["message"].get("purpose") == "memory_flush" and not from_hub_peer(document, facts):
        ignored = "memory_flush" if runtime or model else None
        return _decision(base_turn(document), "base", None, "memory_flush", ignored)

    ignored = None
    if runtime:
        ignored = runtime_ignored(document, facts)
        if ignored is None:
            turn = {**dict.fromkeys(base_turn(document)), **named_runtime(document, runtime)}
            turn["fallbacks"] = []
            return _decision(turn, f"runtimes.{runtime}", None, "runtime", None)

    if index is None:
        turn, name, reason = base_turn(document), "base", "base"
    else:
        turn = chosen_turn(document, rules[index], facts["conversation"])
        name, reason = rules[index]["name"], "matched"

    if model:
        why_not = model_ignored(document, facts, turn["model"])
        if why_not is None:
            turn, reason = {**turn, "model": model, "queue": None}, "override"
        ignored = ignored or why_not
    return _decision(turn, name, index, reason, ignored)


def _decision(turn, name, index, reason, ignored):
    turn = dict(turn)
    route = {
        "name": name,
        "index": index,
        "reason": reason,
        "override_ignored": ignored,
        "variant": turn.pop("variant"),
    }
    return {**turn, "route": route}
