"""Reads `limits:`: how often whom may write."""

import re
from collections.abc import Iterator, Mapping

from contracts import SourceKind
from routing.duration import parse_duration
from routing.limit import (
    OFF,
    PAIR_OF_PEERS,
    UNITS,
    USUAL_WAIT,
    Limit,
    Limits,
    Over,
    Scope,
    by_kind,
)
from routing.node import Entry, MappingNode, Node, TextNode, is_empty
from routing.people import People
from routing.problem import quote
from routing.read_target import read_number
from routing.reader import Reader

SECTION = "limits"
_KEYS = ("rate", "burst", "over", "up_to")
_RATE = re.compile(r"(\d{1,9})\s*/\s*([A-Za-z]+)", re.ASCII)
_UNITS = {
    **{unit: unit for unit in UNITS},
    **dict.fromkeys(("sec", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "minute", "minutes"), "min"),
    **dict.fromkeys(("hour", "hours"), "h"),
}
_MOST = 1_000_000
_LONGEST_WAIT = 60.0  # what is held keeps a partition from moving to another worker
_EXAMPLE = "such as `10/min`, `{rate: 60/min, burst: 20, over: delay}` or `off`"
_DENY = "to let none through, write a rule with `deny: true`"


def read_limits(top: Mapping[str, Entry], people: People, reader: Reader) -> Limits:
    """Read what limits there are, with the default for pairs of hub peers."""
    entry = top.get(SECTION)
    if entry is not None and _is_off(entry.value):
        return {}
    limits = {(PAIR_OF_PEERS.scope, PAIR_OF_PEERS.source_kind): PAIR_OF_PEERS}
    if entry is None or is_empty(entry.value):
        return by_kind(limits.values())
    if not isinstance(entry.value, MappingNode):
        hint = "such as `{per_pair: {hub_peer: 10/min}}`, or `off` for none at all"
        reader.wrong_type(entry.value, SECTION, "a mapping or `off`", hint)
        return {}
    for key, stated in reader.fields(entry.value, SECTION, tuple(Scope)).items():
        for kind, limit in _read_scope(Scope(key), stated, people, reader):
            limits.pop((Scope(key), kind), None)
            if limit is not None:
                limits[Scope(key), kind] = limit
    return by_kind(limits.values())


def _read_scope(
    scope: Scope, entry: Entry, people: People, reader: Reader
) -> Iterator[tuple[SourceKind, Limit | None]]:
    path = f"{SECTION}.{scope}"
    if _is_off(entry.value):
        yield from dict.fromkeys(SourceKind).items()
        return
    if isinstance(entry.value, TextNode) and not is_empty(entry.value):
        hint = "say whom it is for, such as `{hub_peer: 10/min}`"
        reader.wrong_type(entry.value, path, "a mapping per source kind, or `off`", hint)
        return
    kinds = [kind.value for kind in SourceKind]
    for name, stated in reader.fields(entry.value, path, kinds).items():
        kind = SourceKind(name)
        if _is_off(stated.value):
            yield kind, None
        elif (limit := _read_limit(scope, kind, stated.value, reader)) is not None:
            yield kind, limit
            if people.platforms_of(kind) == frozenset():
                reader.report.warning(
                    stated.key,
                    f"`{path}.{name}` limits nobody: no message is from a `{name}`",
                    "there are no `hub_platforms`",
                )


def _read_limit(scope: Scope, kind: SourceKind, node: Node, reader: Reader) -> Limit | None:
    path = f"{SECTION}.{scope}.{kind}"
    if not isinstance(node, MappingNode):
        rate = _read_rate(node, path, reader)
        return None if rate is None else Limit(scope, kind, *rate, burst=rate[0])
    errors = reader.report.error_count
    fields = reader.fields(node, path, _KEYS)
    if "rate" not in fields or is_empty(fields["rate"].value):
        reader.report.error(node, f"`{path}` has no `rate`", _EXAMPLE)
        return None
    rate = _read_rate(fields["rate"].value, f"{path}.rate", reader)
    burst = read_number(fields.get("burst"), f"{path}.burst", 1, _MOST, reader)
    over = _read_over(fields.get("over"), f"{path}.over", reader)
    up_to = _read_wait(fields.get("up_to"), f"{path}.up_to", over, reader)
    if rate is None or reader.report.error_count > errors:
        return None
    return Limit(scope, kind, *rate, burst=burst or rate[0], over=over, up_to=up_to)


def _read_rate(node: Node, path: str, reader: Reader) -> tuple[int, str] | None:
    if is_empty(node):
        return None
    text = reader.text(node, path)
    if text is None:
        return None
    match = _RATE.fullmatch(text)
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        reader.misfit(node, path, f"{quote(text)} is not a rate: N/s, N/min or N/h", _EXAMPLE)
    elif unit != match[2]:
        meant = f"{int(match[1])}/{unit}"
        reader.misfit(
            node,
            path,
            f"{quote(text)} is not a rate: N/s, N/min or N/h",
            f"did you mean `{meant}`?",
        )
    elif not 1 <= int(match[1]) <= _MOST:
        hint = _DENY if int(match[1]) == 0 else None
        reader.misfit(node, path, f"a rate is 1 to {_MOST} of its unit", hint)
    else:
        return int(match[1]), unit
    return None


def _read_over(entry: Entry | None, path: str, reader: Reader) -> Over:
    over = None if entry is None else reader.choice(entry.value, path, Over)
    return Over.DEAD if over is None else Over(over)


def _read_wait(entry: Entry | None, path: str, over: Over, reader: Reader) -> float:
    text = None if entry is None else reader.text(entry.value, path)
    if entry is None or text is None:
        return USUAL_WAIT
    if over is not Over.DELAY:
        reader.report.error(entry.key, f"`{path}` is for `over: delay`, and nothing is held here")
        return USUAL_WAIT
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        reader.misfit(entry.value, path, error)
        return USUAL_WAIT
    if not 0 < seconds <= _LONGEST_WAIT:
        why = f"more than 0 s and at most {_LONGEST_WAIT:g} s, not {quote(text)}"
        hint = "what is held keeps its partition from moving to another worker"
        reader.misfit(entry.value, path, why, hint)
    return seconds


def _is_off(node: Node) -> bool:
    return isinstance(node, TextNode) and node.text in OFF
