"""Warns of the shorthands and older forms that do not do what they did elsewhere."""

from collections.abc import Sequence
from dataclasses import replace

from routing.laws import Laws
from routing.report import Report
from routing.rule_draft import RuleDraft, Section
from routing.search import Steps, TooManySteps
from routing.witness import STEPS, find_witness

_NAMED = 3
_STEPS = 10 * STEPS


def lint_shorthands(reachable: Sequence[RuleDraft], laws: Laws, report: Report) -> None:
    """Warn where older set-ups laid `by_source` over `platforms`, for here nothing is merged."""
    natural = replace(laws, claims=False)
    platforms = [rule for rule in reachable if _counts(rule, Section.PLATFORMS)]
    steps = Steps(_STEPS)
    for rule in reachable:
        if not _counts(rule, Section.BY_SOURCE):
            continue
        names = [each.name for each in platforms if _meet(each, rule, natural, steps)]
        if names:
            shown = ", ".join(f"`{name}`" for name in names[:_NAMED])
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            report.warning(
                rule,
                f"`{rule.name}` and {shown}{more} could apply to one message:"
                " the platform's entry is taken, and nothing is merged",
                "if both were meant, merge the two by hand",
            )


def lint_simple_routing(rules: Sequence[RuleDraft], report: Report) -> None:
    """Warn of `smart_model_routing`, which a rule can say as well."""
    for rule in rules:
        if rule.section is Section.SIMPLE:
            report.warning(
                rule,
                f"`{rule.section}` is the older form of a rule, and the last to be tried",
                'write a rule with `match: {text.simple: "true"}` where it belongs',
            )


def _counts(rule: RuleDraft, section: Section) -> bool:
    return rule.section is section and not rule.denies


def _meet(one: RuleDraft, other: RuleDraft, laws: Laws, steps: Steps) -> bool:
    try:
        return find_witness([one.match, other.match], [], laws, steps) is not None
    except TooManySteps:
        return False
