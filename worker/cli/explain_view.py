"""How an explanation is shown to people."""

import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from contracts import DeadReason, Runtime
from routing.decision import Decision
from routing.explanation import Draw, Explanation, Failure, TriedRule
from routing.override_policy import OverridePolicy
from routing.predicate import Within
from routing.rule import Rule
from worker.cli.figures import duration, percent
from worker.cli.plain import plain
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
_MATCH, _NO, _DENIED = "match", "no", "denied"
_STYLES = {_MATCH: "bold green", _NO: "dim", _DENIED: "bold red"}
_Row = tuple[str, ...]


def show_dead(reason: DeadReason, detail: str) -> None:
    """Print why there is no turn."""
    line = Text.assemble(("dead letter", "bold red"), f": {reason}: {plain(detail)}")
    Console(highlight=False).print(line, soft_wrap=True)


def show(explained: ExplainedDelivery) -> None:
    """Print an explanation for people."""
    console, explanation = Console(highlight=False), explained.explanation
    kind, decision = explanation.classification.source_kind, explanation.decision
    way = (f"{kind} on {explanation.platform}", *_destination(explanation))
    console.print(Text(" -> ".join(map(plain, way)), style="bold"), soft_wrap=True)
    for title, rows in (
        (f"Why {kind}", _who(explanation)),
        ("Facts", iter(explanation.facts.items())),
        ("Rules", _rules(explanation)),
        ("Split", _split(explanation.draw)),
        ("Override", _override(explanation)),
        ("Runtime", _runtime(explanation)),
        ("Fallbacks", _fallbacks(decision.fallbacks if decision else ())),
        ("Limits", _limits(explanation)),
        ("Goes to", _way(explained)),
        ("Note", ((note,) for note in explained.notes)),
    ):
        _print_section(console, title, list(rows))


def _print_section(console: Console, title: str, rows: list[_Row]) -> None:
    if not rows:
        return
    shown = [tuple(map(plain, row)) for row in rows]
    columns = zip_longest(*shown, fillvalue="")
    widths = [max(map(cell_len, column)) for column in columns]
    console.print()
    console.print(Text(title, style="bold cyan"))
    for row in shown:
        line = Text("  ")
        for cell, width in zip(row, widths, strict=False):
            line.append(cell, _STYLES.get(cell, ""))
            line.append(" " * (width - cell_len(cell) + 2))
        line.rstrip()
        console.print(line, soft_wrap=True)


def _destination(explanation: Explanation) -> Iterator[str]:
    denial, decision = explanation.denial, explanation.decision
    if denial is not None:
        yield f"denied by {denial.name}"
    elif decision is not None:
        route = decision.route
        yield route.name if route.variant is None else f"{route.name}/{route.variant}"
        yield explanation.queue or ""


def _who(explanation: Explanation) -> Iterator[_Row]:
    yield (explanation.classification.why,)
    if explanation.classification.claim_ignored:
        yield ("the message claims a source kind: ignored",)


def _rules(explanation: Explanation) -> Iterator[_Row]:
    for tried in explanation.tried:
        yield _verdict(tried), tried.rule.name, f"line {tried.rule.line}", _words(tried)
    decision = explanation.decision
    if decision is None:
        return
    if decision.route.reason in _NOT_CONSULTED:
        yield (_NOT_CONSULTED[decision.route.reason],)
    elif decision.route.index is None:
        yield _MATCH, "base", "", "no rule fits"


def _verdict(tried: TriedRule) -> str:
    if tried.failure is not None:
        return _NO
    return _DENIED if tried.rule.denies else _MATCH


def _words(tried: TriedRule) -> str:
    if tried.failure is not None:
        return _failed(tried.failure, tried.rule)
    return f"is the first to fit: {', '.join(map(str, tried.rule.match))}"


def _failed(failure: Failure, rule: Rule) -> str:
    had = "absent" if failure.had is None else repr(failure.had)
    for condition in rule.match:
        window = condition.predicate.window if isinstance(condition.predicate, Within) else None
        if window and failure.had and condition.written == failure.wanted:
            had = repr(window.local(failure.had))  # its own clock is what the window goes by
    return f"{failure.key} is {had}, wanted {failure.wanted!r}"


def _split(draw: Draw | None) -> Iterator[_Row]:
    if draw is None:
        return
    start = 0
    for variant in draw.rule.split:
        end = start + variant.weight
        chosen = variant is draw.chosen
        lots = str(start) if end == start + 1 else f"{start} to {end - 1}"
        why = f"the conversation draws {draw.lot}, every time" if chosen else ""
        share = percent(variant.weight, draw.total)
        yield _MATCH if chosen else _NO, variant.name, share, f"lot {lots}", why
        start = end


def _override(explanation: Explanation) -> Iterator[_Row]:
    wish, decision = explanation.wish, explanation.decision
    if decision is None:
        return
    route = decision.route
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


def _fallbacks(fallbacks: tuple[Runtime, ...]) -> Iterator[_Row]:
    for number, runtime in enumerate(fallbacks, start=1):
        stated = (f"{name} {_value(value)}" for name, value in runtime if value is not None)
        yield f"{number}.", ", ".join(stated)


def _limits(explanation: Explanation) -> Iterator[_Row]:
    for charge in explanation.charges:
        yield charge.limit.name, str(charge.limit), f"counted: {charge.who}"


def _way(explained: ExplainedDelivery) -> Iterator[_Row]:
    explanation = explained.explanation
    yield "conversation", explanation.conversation
    yield "routing key", explanation.routing_key
    if explained.denied is not None:
        yield "dead letter", f"{DeadReason.DENIED}: {explained.denied}"
    if explanation.decision is not None:
        yield "queue", explanation.queue or ""
        yield from _extras(explanation.decision, explained)


def _extras(decision: Decision, explained: ExplainedDelivery) -> Iterator[_Row]:
    if decision.priority is not None:
        yield "priority", str(decision.priority)
    if decision.expires_in is not None:
        yield "expires in", duration(decision.expires_in)
    if explained.expires_at is not None:
        yield "expires at", explained.expires_at.isoformat()
