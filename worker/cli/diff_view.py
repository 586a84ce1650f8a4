"""What `pointsman diff` found, for people."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from routing.changed_settings import ChangedSetting
from routing.difference import Difference, Region, RegionGroup
from routing.outcome import CONVERSATION, Move
from routing.tally import Group, Tally
from worker.cli.figures import percent
from worker.cli.line_width import line_width
from worker.cli.plain import plain
from worker.compare_lines import BadLines

_WIDE = 1000
_SHOWN = 5
_NOTHING = "nothing goes elsewhere"
_ENDED = "the tables differ so much that the search was ended; --against decides every message"
_LONGEST = 300
_Row = tuple[str, str, str]


def show_contexts(found: Difference, settings: Sequence[ChangedSetting], limit: int) -> None:
    """Print which contexts go elsewhere and which settings changed, `limit` groups at most."""
    console = _console()
    for group in found.groups[:limit]:
        _title(console, group.move)
        _fields(console, list(_rows(group.move)))
        _regions(console, group)
    _left_off(console, len(found.groups) - limit)
    _settings(console, settings, limit)
    if found.is_none and not settings:
        _line(console, _NOTHING)
        return
    if not found.complete:
        _line(console, _ENDED, "yellow")
    contexts = sum(group.count for group in found.groups)
    least = "" if found.complete else "at least "
    summary = f"{least}{_count(contexts, 'context')} {_go(contexts)} elsewhere"
    _line(console, f"{summary}, {_count(len(settings), 'setting')} changed")


def show_messages(tally: Tally, bad: BadLines, limit: int) -> None:
    """Print which messages go elsewhere, `limit` groups at most."""
    console = _console()
    groups = tally.groups
    for group in groups[:limit]:
        _title(console, group.move, f"{_count(group.count, 'message')}: ")
        _fields(console, list(_rows(group.move, group)))
        _examples(console, group)
    _left_off(console, len(groups) - limit)
    for line, why in bad.examples:
        _line(console, f"line {line} holds no message: {plain(why)}", "yellow")
    if bad.count > len(bad.examples):
        _line(console, f"{bad.count - len(bad.examples):,} more lines hold no message", "yellow")
    _line(console, _totals(tally))


def _totals(tally: Tally) -> str:
    messages, moved = tally.messages, tally.moved
    stay = messages - moved
    what = f"{moved:,} {_go(moved)} elsewhere ({percent(moved, messages)})" if moved else _NOTHING
    text = f"{_count(messages, 'message')}: {what}, {stay:,} {'stays' if stay == 1 else 'stay'}"
    dead = tally.dead_in_both
    return f"{text}; {dead:,} {'is' if dead == 1 else 'are'} dead by both" if dead else text


def _console() -> Console:
    # What is piped is searched and compared, so it is not folded.
    return Console(highlight=False, width=line_width(_WIDE))


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)


def _indented(console: Console, text: str) -> None:
    console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _title(console: Console, move: Move, start: str = "") -> None:
    before, after = plain(move.old.headline), plain(move.new.headline)
    way = before if before == after else f"{before} -> {after}"
    _line(console, start + way, "bold")


def _left_off(console: Console, count: int) -> None:
    if count > 0:
        _line(console, f"and {count:,} more; --limit shows more at once")
        console.print()


def _fields(console: Console, rows: list[_Row]) -> None:
    if not rows:
        return
    heads = (Column(head, overflow="fold") for head in ("", "from", "to"))
    table = Table(*heads, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows:
        table.add_row(*(Text(_short(cell)) for cell in row))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _rows(move: Move, group: Group | None = None) -> Iterator[_Row]:
    if move.old.is_dead or move.new.is_dead:
        return  # the title has said it
    for name in move.changed:
        if name == CONVERSATION and group is not None:
            example = group.examples[0]
            yield name, example.old_conversation or "", example.new_conversation or ""
        elif name == "fallbacks":
            yield name, *_fallbacks(move.old[name], move.new[name])
        elif name != "queue":  # it is in the title
            yield name, *_texts(move.old[name], move.new[name])


def _texts(old: Any, new: Any) -> tuple[str, str]:
    return _value(old), _value(new)


def _value(value: Any) -> str:
    if value in (None, [], {}):
        return "-"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if isinstance(value, list) and all("weight" in each for each in value):
        return ", ".join(f"{each['name']} {each['weight']}" for each in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fallbacks(old: Any, new: Any) -> tuple[str, str]:
    """Return the fallbacks by their models, unless there is more to them that differs."""
    before, after = (_value([_model(each) for each in side or ()]) for side in (old, new))
    if before != after:
        return before, after
    return _value([_stated(each) for each in old]), _value([_stated(each) for each in new])


def _model(fallback: Any) -> Any:
    return fallback["model"] if isinstance(fallback, dict) else _stated(fallback)


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if each is not None}
    return [_stated(each) for each in value] if isinstance(value, list) else value


def _settings(console: Console, settings: Sequence[ChangedSetting], limit: int) -> None:
    if not settings:
        return
    _line(console, "Settings that move messages", "bold")
    _fields(console, [(each.name, *_texts(each.old, each.new)) for each in settings[:limit]])
    console.print()
    _left_off(console, len(settings) - limit)


def _regions(console: Console, group: RegionGroup) -> None:
    for region in group.regions[:_SHOWN]:
        _indented(console, _region(region))
    if group.count > _SHOWN:
        _indented(console, f"and {_count(group.count - _SHOWN, 'more context')}")
    console.print()


def _region(region: Region) -> str:
    asked = _short(", ".join(map(str, region.match)) or "what no rule matches")
    less = ", less what earlier rules take" if region.cut and region.match else ""
    before, after = (rule.name if rule else "base" for rule in (region.old, region.new))
    by = _short(f"by {before}, now {after}")
    doubt = "" if region.certain else ", if there are any"
    return f"{asked}{less}{_such_as(region)} ({by}){doubt}"


def _such_as(region: Region) -> str:
    """Return what one of these messages is, unless the conditions have said it all."""
    said = {(condition.key, condition.written) for condition in region.match}
    if said.issuperset(region.example.items()):
        return ""
    facts = ", ".join(f"{key} {fact}" for key, fact in region.example.items())
    return f"; such as {_short(facts)}"


def _examples(console: Console, group: Group) -> None:
    lines = ", ".join(str(example.line) for example in group.examples)
    more = ", ..." if group.count > len(group.examples) else ""
    routes = dict.fromkeys(
        f"by {example.old_route or 'dead'}, now {example.new_route or 'dead'}"
        for example in group.examples
    )
    word = "line" if group.count == 1 else "lines"
    _indented(console, plain(f"{word} {lines}{more} ({'; '.join(routes)})"))
    console.print()


def _short(text: str) -> str:
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return plain(cut)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _go(number: int) -> str:
    return "goes" if number == 1 else "go"
