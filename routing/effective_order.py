"""The order in which rules are tried."""

from collections.abc import Sequence

from routing.problem import quote
from routing.report import Report
from routing.rule_draft import RuleDraft, Section


def effective_order(
    written: Sequence[RuleDraft],
    channels: Sequence[RuleDraft],
    simple: RuleDraft | None,
    report: Report,
) -> tuple[RuleDraft, ...]:
    """Return the enabled rules as they are tried: what denies first, written rules before
    shorthands, the narrower shorthand before the wider. Names that stand twice are reported.
    """
    routes = [rule for rule in written if rule.section is Section.ROUTES]
    wider = [rule for rule in written if rule.section is not Section.ROUTES]
    every = [*routes, *channels, *wider, *([simple] if simple else ())]
    _report_names(every, report)
    enabled = [rule for rule in every if rule.enabled]
    return tuple(sorted(enabled, key=lambda rule: not rule.denies))


def _report_names(rules: Sequence[RuleDraft], report: Report) -> None:
    places: dict[str, RuleDraft] = {}
    for rule in rules:
        first = places.setdefault(rule.name, rule)
        # One entry of the file may be several rules.
        if first.identity != rule.identity:
            message = f"two rules are called {quote(rule.name)}, the other on line {first.line}"
            report.error(rule, message, "their names tell them apart in jobs and logs")
