"""How an explanation is shown."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from contracts import DeadReason
from routing.explanation import Explanation, Failure, TriedRule
from routing.override_policy import OverridePolicy
from worker.explain_delivery import ExplainedDelivery

_MAY_NAME = {
    OverridePolicy.ANY: "any model and runtime of the table",
    OverridePolicy.LISTED: "models only: the base's, the matched rule's, and those in `models:`",
    OverridePolicy.NONE: "nothing",
}
_NOT_CONSULTED = {
    "runtime": "not consulted: a named runtime is taken whole",
    "memory_flush": "not consulted: a memory flush uses the base",
    "error": "not consulted: deciding went wrong, so the base answers",
}
_MATCH, _NO = "match", "no"
_STYLES = {_MATCH: "bold green", _NO: "dim"}
_Row = tuple[str, ...]


def as_json(explained: ExplainedDelivery | tuple[DeadReason, str]) -> dict[str, Any]:
    """Return what is shown as JSON values."""
    if not isinstance(explained, ExplainedDelivery):
        reason, detail = explained
        return {"dead": {"reason": reason, "detail": detail}}
    explanation = explained.explanation
    classification, wish = explanation.classification, explanation.wish
    return {
        "platform": explanation.platform.platform,
        "instance": explanation.platform.instance,
        "source_kind": classification.source_kind,
        "why": classification.why,
        "claim_ignored": classification.claim_ignored,
        "facts": dict(explanation.facts),
        "rules": [_rule_as_json(tried) for tried in explanation.tried],
        "route": explanation.decision.route.model_dump(mode="json"),
        "runtime": {
            field.name: {"value": field.value, "from": field.origin} for field in explanation.fields
        },
        "override": {
            "runtime": wish.runtime,
            "model": wish.model,
            "may_name": explanation.policy,
            "ignored_fields": list(wish.ignored_fields),
        },
        "conversation": explanation.conversation,
        "routing_key": explanation.routing_key,
        "queue": explanation.queue,
        "notes": list(explained.notes),
    }


def _rule_as_json(tried: TriedRule) -> dict[str, Any]:
    failure = tried.failure
    return {
        "name": tried.rule.name,
        "index": tried.rule.index,
        "line": tried.rule.line,
        "matched": failure is None,
        "failed": failure and asdict(failure),
    }


def show_dead(reason: DeadReason, detail: str) -> None:
    """Print why there is no turn."""
    line = Text.assemble(("dead letter", "bold red"), f": {reason}: {_plain(detail)}")
    Console(highlight=False).print(line, soft_wrap=True)


def show(explained: ExplainedDelivery) -> None:
    """Print an explanation for people."""
    console, explanation = Console(highlight=False), explained.explanation
    kind = explanation.classification.source_kind
    route = explanation.decision.route.name
    way = (f"{kind} on {explanation.platform}", route, explanation.queue)
    console.print(Text(" -> ".join(map(_plain, way)), style="bold"), soft_wrap=True)
    for title, rows in (
        (f"Why {kind}", _who(explanation)),
        ("Facts", iter(explanation.facts.items())),
        ("Rules", _rules(explanation)),
        ("Override", _override(explanation)),
        ("Runtime", _runtime(explanation)),
        ("Goes to", _way(explanation)),
        ("Note", ((note,) for note in explained.notes)),
    ):
        _print_section(console, title, list(rows))


def _print_section(console: Console, title: str, rows: list[_Row]) -> None:
    if not rows:
        return
    plain = [tuple(map(_plain, row)) for row in rows]
    columns = zip_longest(*plain, fillvalue="")
    widths = [max(map(cell_len, column)) for column in columns]
    console.print()
    console.print(Text(title, style="bold cyan"))
    for row in plain:
        line = Text("  ")
        for cell, width in zip(row, widths, strict=False):
            line.append(cell, _STYLES.get(cell, ""))
            line.append(" " * (width - cell_len(cell) + 2))
        line.rstrip()
        console.print(line, soft_wrap=True)


def _plain(text: str) -> str:
    """Return the text as one that does to a terminal what it looks like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _who(explanation: Explanation) -> Iterator[_Row]:
    yield (explanation.classification.why,)
    if explanation.classification.claim_ignored:
        yield ("the message claims a source kind: ignored",)


def _rules(explanation: Explanation) -> Iterator[_Row]:
    for tried in explanation.tried:
        why = "is the first to fit" if tried.failure is None else _words(tried.failure)
        yield _MATCH if tried.failure is None else _NO, tried.rule.name, _line(tried), why
    route = explanation.decision.route
    if route.reason in _NOT_CONSULTED:
        yield (_NOT_CONSULTED[route.reason],)
    elif route.index is None:
        yield _MATCH, "base", "", "no rule fits"


def _line(tried: TriedRule) -> str:
    return f"line {tried.rule.line}"


def _words(failure: Failure) -> str:
    had = "absent" if failure.had is None else repr(failure.had)
    return f"{failure.key} is {had}, wanted {failure.wanted!r}"


def _override(explanation: Explanation) -> Iterator[_Row]:
    wish, route = explanation.wish, explanation.decision.route
    # The reason is that of the first name which was ignored.
    ignored = f"ignored: {route.override_ignored}"
    if wish.runtime is not None:
        yield "runtime", wish.runtime, "taken" if route.reason == "runtime" else ignored
        ignored = "ignored"
    if wish.model is not None:
        outcomes = {"runtime": "not needed: the runtime is taken whole", "override": "taken"}
        yield "model", wish.model, outcomes.get(route.reason, ignored)
    if wish.names_something:
        kind, allowed = explanation.classification.source_kind, _MAY_NAME[explanation.policy]
        yield "allowed", f"{kind} may name {allowed}"
    if wish.ignored_fields:
        yield "stated", ", ".join(wish.ignored_fields), "ignored: these come only from the table"


def _runtime(explanation: Explanation) -> Iterator[_Row]:
    for field in explanation.fields:
        if field.origin is None:
            yield field.name, "null", "set by nobody"
        else:
            yield field.name, _value(field.value), f"from {field.origin}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _way(explanation: Explanation) -> Iterator[_Row]:
    yield "conversation", explanation.conversation
    yield "routing key", explanation.routing_key
    yield "queue", explanation.queue
