"""Warnings: a table that can be used, and may not mean what its author thinks."""

from routing.laws import Laws
from routing.lint_keys import lint_keys
from routing.lint_reach import lint_reach
from routing.lint_shorthands import lint_shorthands, lint_simple_routing
from routing.lint_trust import lint_trust
from routing.people import CRON, People
from routing.report import Report
from routing.table_draft import TableDraft


def lint(draft: TableDraft, report: Report) -> None:
    """Warn of rules that can never match, keys that would cross hosts and owners that are none."""
    laws = Laws(draft.people, draft.simplicity)
    reachable = lint_reach(draft.rules, laws, report)
    lint_keys(draft, report)
    lint_trust(draft, reachable, laws, report)
    lint_shorthands(reachable, laws, report)
    lint_simple_routing(draft.rules, report)
    _warn_of_no_owner(draft.people, report)


def _warn_of_no_owner(people: People, report: Report) -> None:
    for platform, what, place in people.owner_places:
        if platform in people.owner_platforms:
            continue
        hint = None
        if platform == CRON:
            why = "its messages are from `cron`"
        elif platform in people.hub_platforms:
            why = "it is one of `hub_platforms`"
        else:
            why = "it is one of `spoofable_platforms`, where ids can be forged"
            hint = (
                f"messages that are signed can be an owner's: `platforms.{platform}.signing_keys`"
            )
        report.warning(place, f"`{what}` of `{platform}` makes nobody an owner: {why}", hint)
