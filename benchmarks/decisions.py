"""Deciding by tables of several sizes, by each operator, and getting a table ready."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from benchmarks.report import Report, Row
from benchmarks.stopwatch import microseconds
from contracts import InboundMessage, PlatformName, SourceKind
from routing.context import Circumstances, RoutingContext, routing_context
from routing.decide import Router
from routing.load_table import load_table
from routing.rule import Rule
from routing.rule_index import RuleIndex
from routing.table import RoutingTable

_RULE_COUNTS = (10, 100, 1_000, 10_000)
_CONTEXTS = 500
_SCANNED = 200  # a scan of ten thousand rules takes its time
_TENANTS, _USERS, _KINDS = 400, 60, ("dm", "group", "channel", "thread", "topic")
_KEYS = ("scope_id", "chat_type", "user_id")
_KNOWN_OF_IT = Circumstances(
    "hub-telegram", verified=True, now=datetime(2026, 3, 2, 12, tzinfo=UTC)
)

_OPERATORS: Mapping[str, Mapping[str, object]] = {
    "a text": {"user_id": "user-{}"},
    "a list of ten": {"user_id": ["user-{}", *(f"other-{number}" for number in range(9))]},
    "not": {"user_id": {"not": "user-{}"}},
    "not a list of ten": {"user_id": {"not": ["user-{}", *(f"o-{n}" for n in range(9))]}},
    "exists": {"user_id": {"exists": "false"}},
    "prefix": {"user_id": {"prefix": "user-{}x"}},
    "suffix": {"user_id": {"suffix": "x-{}"}},
    "glob": {"user_id": {"glob": "*-{}x"}},
    "regex": {"user_id": {"regex": "user-{}[a-c]+"}},
    "gt": {"text.length": {"gt": "10{}"}},
    "time": {"time": {"hours": "20:00-21:{:02}"}},
}
_OF_EACH = 50


def measure_decisions(report: Report) -> None:
    """Measure and report deciding; what a table answers is compared with a plain scan of it."""
    report.table("first matching rule, ns per decision (CPU)", list(_by_size()))
    report.table(f"{_OF_EACH} rules that ask for it, µs per decision (CPU)", list(_by_operator()))
    report.table("getting a table ready, ms (CPU)", list(_getting_ready()))


def _by_size() -> Iterator[Row]:
    random = Random(7)
    for count in _RULE_COUNTS:
        table = _loaded(_routes(count, random))
        contexts = [_context(table, random) for _ in range(_CONTEXTS)]
        _assert_same(Router(table), contexts[:_SCANNED])
        asked = [(each,) for each in contexts]
        new = microseconds(RuleIndex(table.rules, remembered=0).first, asked) * 1000
        known = microseconds(RuleIndex(table.rules).first, asked) * 1000
        # The scan is given its facts ready made; ours are worked out as it asks for them.
        scanned = [
            ({key: context.fact(key) for key in _KEYS}, table.rules)
            for context in contexts[:_SCANNED]
        ]
        scan = microseconds(_scan_texts, scanned, repeats=3) * 1000
        yield {
            "rules": count,
            "seen before": known,
            "new": new,
            "linear scan": scan,
            "ratio": scan / new,
        }


def _by_operator() -> Iterator[Row]:
    random = Random(7)
    for name, match in _OPERATORS.items():
        written = json.dumps(match)
        rules = [
            {"match": json.loads(written.replace("{}", str(at)).replace("{:02}", f"{at:02}"))}
            for at in range(1, _OF_EACH + 1)
        ]
        table = _loaded(rules)
        contexts = [_context(table, random) for _ in range(_CONTEXTS)]
        _assert_same(Router(table), contexts[:_SCANNED])
        index = RuleIndex(table.rules, remembered=0)
        once = microseconds(index.first, [(each,) for each in contexts], repeats=3)
        scan = microseconds(_scan, [(each, table.rules) for each in contexts[:_SCANNED]], repeats=3)
        yield {"": name, "ours": once, "linear scan": scan}


def _getting_ready() -> Iterator[Row]:
    for count in _RULE_COUNTS:
        text = _text(_routes(count, Random(7)))
        table = _loaded(_routes(count, Random(7)))
        load: Callable[..., object] = load_table
        yield {
            "rules": count,
            "read and checked": microseconds(load, [(text, {})], repeats=1) / 1000,
            "compiled": microseconds(Router, [(table,)], repeats=3) / 1000,
        }


def _assert_same(router: Router, contexts: Sequence[RoutingContext]) -> None:
    for context in contexts:
        if router.match(context) != _scan(context, router.table.rules):
            msg = "the table and the plain scan of it do not agree"
            raise AssertionError(msg)


def _scan(context: RoutingContext, rules: Sequence[Rule]) -> Rule | None:
    for rule in rules:
        if all(condition.holds(context.fact(condition.key)) for condition in rule.match):
            return rule
    return None


def _scan_texts(facts: Mapping[str, str | None], rules: Sequence[Rule]) -> Rule | None:
    """Scan rules that only ask for texts: the fastest way to do it one by one."""
    for rule in rules:
        for condition in rule.match:
            if facts[condition.key] != condition.written:
                break
        else:
            return rule
    return None


def _routes(count: int, random: Random) -> list[dict[str, object]]:
    routes: list[dict[str, object]] = []
    for _ in range(count):
        match = list(zip(_KEYS, _values(random), strict=True))
        if random.random() < 0.25:
            match = random.sample(match, 2)
        routes.append({"match": dict(match)})
    return routes


def _values(random: Random) -> tuple[str, str, str]:
    kind = random.choice(_KINDS)
    return f"scope-{random.randrange(_TENANTS)}", kind, f"user-{random.randrange(_USERS)}"


def _context(table: RoutingTable, random: Random) -> RoutingContext:
    scope, kind, user = _values(random)
    source = {"platform": "telegram", "scope_id": scope, "chat_type": kind, "user_id": user}
    message = InboundMessage.model_validate({"text": "hello", "source": source})
    platform = PlatformName("telegram")
    return routing_context(message, platform, SourceKind.STRANGER, table, _KNOWN_OF_IT)


def _text(routes: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps({"model": {"default": "m", "routes": routes}}).encode()


def _loaded(routes: Sequence[Mapping[str, object]]) -> RoutingTable:
    loaded = load_table(_text(routes), {})
    if loaded.table is None:
        raise ValueError("\n".join(problem.render("drawn") for problem in loaded.problems))
    return loaded.table
