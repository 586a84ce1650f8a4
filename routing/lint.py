"""Warnings: a table that can be used, and may not mean what its author thinks."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from routing.impossible import plain_texts
from routing.laws import Laws
from routing.lint_reach import lint_reach
from routing.people import CRON, People
from routing.report import Report
from routing.rule_draft import RuleDraft, Section
from routing.runtime_fields import RuntimeFields
from routing.table_draft import TableDraft

_NAMED = 3


def lint(draft: TableDraft, report: Report) -> None:
    """Warn of rules that can never match, keys that would cross hosts and owners that are none."""
    laws = Laws(draft.people, draft.simplicity)
    reachable = lint_reach(draft.rules, laws, report)
    for rule in draft.rules:
        _warn_of_crossing_key(rule, draft.block.base, report)
    _warn_of_both_shorthands(reachable, draft.people, report)
    _warn_of_no_owner(draft.people, report)


def _warn_of_crossing_key(rule: RuleDraft, base: RuntimeFields, report: Report) -> None:
    key, fields = base.values.get("credential"), rule.target.runtime.fields
    if key is None or "credential" in fields.values:
        return
    for name, is_same in (("base_url", _same_host), ("provider", str.__eq__)):
        if name not in fields.values:
            continue
        old, new = base.values.get(name), fields.values[name]
        if old is None or not is_same(old, new):
            what = "the host of `base_url`" if name == "base_url" else "`provider`"
            report.warning(
                fields.places.get(name, rule),
                f"`{rule.name}` changes {what} and inherits the base's key ({key}),"
                " which would be sent there",
                "give the rule an `api_key` of its own",
            )
            return


def _same_host(one: str, other: str) -> bool:
    return _host(one) == _host(other)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _warn_of_both_shorthands(rules: Sequence[RuleDraft], people: People, report: Report) -> None:
    """Older set-ups laid `by_source` over `platforms`; here nothing is merged."""
    platforms: dict[str, list[str]] = {}
    for rule in rules:
        match = plain_texts(rule.match)
        if (
            rule.section is Section.PLATFORMS
            and "platform" in match
            and match.keys() <= {"platform", "instance"}
        ):
            for kind in people.kinds_on(match["platform"]):
                platforms.setdefault(kind.value, []).append(rule.name)
    for rule in rules:
        match = plain_texts(rule.match)
        if rule.section is Section.BY_SOURCE and match.keys() == {"source_kind"}:
            names = platforms.get(match["source_kind"], [])
            if names:
                shown = ", ".join(f"`{name}`" for name in names[:_NAMED])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                report.warning(
                    rule,
                    f"`{rule.name}` and {shown}{more} could apply to one message:"
                    " the platform's entry is taken, and nothing is merged",
                    "if both were meant, merge the two by hand",
                )


def _warn_of_no_owner(people: People, report: Report) -> None:
    for platform, what, place in people.owner_places:
        if platform in people.owner_platforms:
            continue
        if platform == CRON:
            why = "its messages are from `cron`"
        elif platform in people.hub_platforms:
            why = "it is one of `hub_platforms`"
        else:
            why = "it is one of `spoofable_platforms`, where ids can be forged"
        report.warning(place, f"`{what}` of `{platform}` makes nobody an owner: {why}")
