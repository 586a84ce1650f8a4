"""Dead letters as JSON, without keys."""

import json
from typing import Any

from worker.dead.groups import Group, Groups
from worker.dead.letter import Letter
from worker.dead.letter_line import letter_facts
from worker.dead.shown_letter import masked, shown_body, shown_headers, shown_properties


def groups_json(groups: Groups, waiting: int) -> str:
    """Return all groups as one document; `waiting` is how many letters there are altogether."""
    told = {
        "waiting": waiting,
        "letters": groups.count,
        "groups": [_group(each) for each in groups],
    }
    return _json(told, indent=2)


def letter_json(letter: Letter) -> str:
    """Return the facts of a letter as one line."""
    return _json(_facts(letter))


def whole_letter_json(letter: Letter) -> str:
    """Return all about a letter as one document; its body is an object, or text if it is none."""
    told = {
        **_facts(letter),
        "properties": shown_properties(letter),
        "headers": shown_headers(letter),
        "body": shown_body(letter)[0],
    }
    return _json(told, indent=2)


def _facts(letter: Letter) -> dict[str, Any]:
    return {**letter_facts(letter), "detail": masked(letter.detail)}


def _group(group: Group) -> dict[str, Any]:
    return {
        "letters": group.count,
        "reason": group.reason,
        "platform": group.platform,
        "route": group.route,
        "fingerprint": group.fingerprint,
        "detail": masked(group.detail),
        "oldest": group.oldest and group.oldest.isoformat(timespec="milliseconds"),
        "newest": group.newest and group.newest.isoformat(timespec="milliseconds"),
    }


def _json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    # JSON escapes some of what a terminal obeys, such as line ends, and none of what turns text.
    return "".join(map(_seen, text)) + "\n"


def _seen(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1]
