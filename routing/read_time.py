"""Reads a window of time: days, hours and the zone they are meant in."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.condition import Condition
from routing.context import TIME
from routing.node import Entry, MappingNode, Node, TextNode
from routing.predicate import Within
from routing.problem import quote
from routing.reader import Reader
from routing.time_window import DAYS, TimeWindow, parse_days, parse_hours

_KEYS = ("days", "hours", "timezone")
_T = TypeVar("_T")


def read_time(node: Node, path: str, reader: Reader) -> tuple[Condition, ...] | None:
    """Read `{days, hours, timezone}`; None if it was reported."""
    if not isinstance(node, MappingNode):
        hint = "such as `{days: mon-fri, hours: 09:00-17:00, timezone: Europe/Paris}`"
        reader.wrong_type(node, path, "a mapping", hint)
        return None
    errors = reader.report.error_count
    fields = reader.fields(node, path, _KEYS)
    days = _parsed(fields.get("days"), f"{path}.days", parse_days, reader)
    hours = _parsed(fields.get("hours"), f"{path}.hours", parse_hours, reader)
    zone = fields.get("timezone")
    name = "UTC" if zone is None else _read_zone(zone.value, f"{path}.timezone", reader)
    if reader.report.error_count > errors:
        return None
    if days is None and hours is None:
        reader.report.error(node, f"`{path}` has neither `days` nor `hours`")
        return None
    window = TimeWindow(days or frozenset(range(len(DAYS))), hours or (), name)
    return (Condition(TIME, Within(window), _in_words(window)),)


def _parsed(
    entry: Entry | None, path: str, parse: Callable[[Iterable[str]], _T], reader: Reader
) -> _T | None:
    if entry is None:
        return None
    node = entry.value
    if isinstance(node, TextNode):
        text = reader.text(node, path)
        texts = None if text is None else [text]
    else:
        read = reader.texts(node, path)
        texts = None if read is None else [text for _, text in read]
    if texts is None:
        return None
    try:
        return parse(texts)
    except ValueError as error:
        reader.misfit(node, path, error, _as_list(node))
        return None


def _as_list(node: Node) -> str | None:
    """Return the list that a text with commas was meant to be, as a hint."""
    if not isinstance(node, TextNode) or "," not in node.text or "${" in node.text:
        return None
    parts = (part.strip() for part in node.text.split(","))
    return f"a list: {quote('[' + ', '.join(filter(None, parts)) + ']')}"


def _read_zone(node: Node, path: str, reader: Reader) -> str:
    name = reader.text(node, path)
    if name is None:
        return "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        shown = quote(node.text) if isinstance(node, TextNode) else "it"
        reader.report.error(node, f"`{path}`: {shown} is no time zone", "such as `Europe/Paris`")
    return name


def _in_words(window: TimeWindow) -> str:
    parts = []
    if len(window.days) < len(DAYS):
        parts.append(" ".join(DAYS[day] for day in sorted(window.days)))
    spans = [
        f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
        for start, end in window.hours
    ]
    parts.extend(spans)
    return " ".join((*parts, window.timezone))
