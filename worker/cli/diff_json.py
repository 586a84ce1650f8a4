"""What `pointsman diff` found, for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from routing.changed_settings import ChangedSetting
from routing.difference import Difference, Region
from routing.outcome import FIELDS, Move, Outcome
from routing.rule import Rule
from routing.tally import Tally
from worker.compare_lines import BadLines


def contexts_as_json(
    found: Difference, settings: Sequence[ChangedSetting], limit: int
) -> dict[str, Any]:
    """Return the contexts and settings as JSON values, `limit` groups at most."""
    return {
        "elsewhere": bool(settings) or not found.is_none,
        "contexts": sum(group.count for group in found.groups),
        "complete": found.complete,
        "groups": [
            {
                **_move(group.move),
                "count": group.count,
                "contexts": [_region(region) for region in group.regions],
            }
            for group in found.groups[:limit]
        ],
        "left_off": max(0, len(found.groups) - limit),
        "settings": [asdict(setting) for setting in settings],
    }


def messages_as_json(tally: Tally, bad: BadLines, limit: int) -> dict[str, Any]:
    """Return what was counted as JSON values, `limit` groups at most."""
    return {
        "elsewhere": tally.moved,
        "stay": tally.messages - tally.moved,
        "messages": tally.messages,
        "dead_in_both": tally.dead_in_both,
        "bad_lines": {
            "count": bad.count,
            "examples": [{"line": line, "why": why} for line, why in bad.examples],
        },
        "groups": [
            {
                **_move(group.move),
                "count": group.count,
                "examples": [asdict(example) for example in group.examples],
            }
            for group in tally.groups[:limit]
        ],
        "left_off": max(0, len(tally.groups) - limit),
    }


def _move(move: Move) -> dict[str, Any]:
    return {"from": _stated(move.old), "to": _stated(move.new), "changed": list(move.changed)}


def _stated(outcome: Outcome) -> dict[str, Any]:
    return {name: value for name in FIELDS if (value := outcome[name]) is not None}


def _region(region: Region) -> dict[str, Any]:
    return {
        "match": [str(condition) for condition in region.match],
        "old_rule": _rule(region.old),
        "new_rule": _rule(region.new),
        "example": dict(region.example),
        "certain": region.certain,
        "less_what_earlier_rules_take": region.cut,
    }


def _rule(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"name": "base", "index": None, "line": None}
    return {"name": rule.name, "index": rule.index, "line": rule.line}
