"""Warns of rules that can never match."""

from collections.abc import Sequence
from dataclasses import replace

from contracts import SourceKind
from routing.domain import KIND
from routing.impossible import why_impossible
from routing.laws import Laws
from routing.predicate import AnyOf
from routing.report import Report
from routing.rule_draft import RuleDraft, Section
from routing.unreachable import Hidden, unreachable

_NAMED = 3


def lint_reach(rules: Sequence[RuleDraft], laws: Laws, report: Report) -> list[RuleDraft]:
    """Return the rules that may match; warn of the others.

    An entry that is several rules is told when none of them can.
    """
    found = unreachable(
        [rule.match for rule in rules], [replace(laws, flushes=rule.denies) for rule in rules]
    )
    entries: dict[tuple[str, int, int], list[tuple[RuleDraft, Hidden | None]]] = {}
    for rule, hidden in zip(rules, found, strict=True):
        entries.setdefault(rule.identity, []).append((rule, hidden))
    for parts in entries.values():
        if all(hidden is not None for _, hidden in parts):
            _warn(parts, rules, laws, report)
    return [rule for rule, hidden in zip(rules, found, strict=True) if hidden is None]


def _warn(
    parts: Sequence[tuple[RuleDraft, Hidden | None]],
    rules: Sequence[RuleDraft],
    laws: Laws,
    report: Report,
) -> None:
    rule = parts[0][0]
    message = f"`{rule.name}` can never match"
    places = {place for _, hidden in parts if hidden is not None for place in hidden.behind}
    behind = {rules[at].identity: rules[at] for at in sorted(places)}
    if not behind and _asks_for_unknown_kind(rule):
        return  # that was told where it is written
    if not behind:
        why = why_impossible(rule.match, replace(laws, flushes=rule.denies))
        report.warning(rule, f"{message}: {why}")
        return
    firsts = list(behind.values())
    hint = _order_hint(firsts, rule)
    if len(firsts) == 1:
        because = f"`{firsts[0].name}` on line {firsts[0].line} takes every message it could"
    else:
        because = f"{_listed(firsts)} together take every message it could"
    report.warning(rule, f"{message}: {because}", hint)


def _asks_for_unknown_kind(rule: RuleDraft) -> bool:
    kinds = {kind.value for kind in SourceKind}
    return any(
        condition.key == KIND
        and isinstance(condition.predicate, AnyOf)
        and kinds.isdisjoint(condition.predicate.values)
        for condition in rule.match
    )


def _listed(rules: Sequence[RuleDraft]) -> str:
    shown = [f"`{rule.name}` (line {rule.line})" for rule in rules[:_NAMED]]
    if len(rules) > _NAMED:
        return f"{', '.join(shown)} and {len(rules) - _NAMED} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _order_hint(firsts: Sequence[RuleDraft], rule: RuleDraft) -> str:
    if any(first.denies for first in firsts):
        return "rules that deny come first, wherever they stand"
    if all(each.section is Section.ROUTES for each in (*firsts, rule)):
        return "the first match wins: put the narrower rule first"
    return (
        "`routes` come first, then `channel_overrides`, `platforms`, `by_source` and"
        " `smart_model_routing`; the first match wins"
    )
