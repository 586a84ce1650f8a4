"""Microseconds per message of the pure main path, whole and in parts, and of deciding alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from statistics import median

from benchmarks.report import Report, Row
from benchmarks.sample import samples, table_text
from contracts import InboundMessage, PlatformName, SourceKind
from routing.classify import classify
from routing.context import RoutingContext, routing_context
from routing.conversation import conversation_key
from routing.decide import Router
from routing.load_table import load_table
from routing.read_match import equals
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target
from worker.pipeline.build_job import Stamp, build_job, job_publication
from worker.pipeline.decode import decode, judge
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.redact import redact
from worker.pipeline.turn import Turn

_REPEATS = 7
_MESSAGES = 2000
_CONTEXTS = 500
_RULE_COUNTS = (10, 100, 1_000, 10_000)
_TENANTS, _USERS, _KINDS = 400, 60, ("dm", "group", "channel", "thread", "topic")


def measure_pipeline(report: Report) -> None:
    """Measure and report the main path, then deciding by tables of several sizes."""
    report.table("pipeline, µs per message (CPU)", list(_parts()))
    report.table("first matching rule, ns per decision (CPU)", list(_decisions()))


def _parts() -> Iterator[Row]:
    table = _table()
    router, stamp = Router(table), Stamp(datetime.now(UTC), 1)
    pipeline = Pipeline(router, Limits())
    deliveries = [
        Delivery(
            tag=number,
            body=sample.body,
            exchange=sample.exchange,
            routing_key=sample.routing_key,
            properties=Properties(content_type="application/json", message_id="0" * 32),
        )
        for number, sample in enumerate(samples(_MESSAGES, run="p"))
    ]

    # What each part is given is what the part before it has made.
    bodies = [(delivery.body,) for delivery in deliveries]
    documents = [(read_json_object(*body),) for body in bodies]
    origins = [judge(delivery, table, "") for delivery in deliveries]
    readable = [
        (redact(*document)[0], delivery, origin, table, stamp.received_at)
        for document, delivery, origin in zip(documents, deliveries, origins, strict=True)
    ]
    decoded = [decode(*arguments) for arguments in readable]
    heard = [(each.message, each.platform, table) for each in decoded]
    kinds = [classify(*arguments).source_kind for arguments in heard]
    asked = [(e.message, e.platform, kind) for e, kind in zip(decoded, kinds, strict=True)]
    built = [
        (one, delivery, kind, conversation_key(*heard_), router.decide(*asked_), stamp, "7")
        for one, delivery, kind, heard_, asked_ in zip(
            decoded, deliveries, kinds, heard, asked, strict=True
        )
    ]
    jobs = [(build_job(*arguments), arguments[1], "") for arguments in built]

    whole = _microseconds(pipeline, [(delivery, stamp) for delivery in deliveries])
    parts = {
        "origin": _microseconds(judge, [(delivery, table, "") for delivery in deliveries]),
        "JSON": _microseconds(read_json_object, bodies),
        "redact": _microseconds(redact, documents),
        "decode": _microseconds(decode, readable),
        "classify": _microseconds(classify, heard),
        "conversation": _microseconds(conversation_key, heard),
        "decide": _microseconds(router.decide, asked),
        "build the job": _microseconds(build_job, built),
        "encode it": _microseconds(job_publication, jobs),
    }
    size_in = sum(len(delivery.body) for delivery in deliveries) / len(deliveries)
    size_out = sum(len(_turn(pipeline, d, stamp).publication.body) for d in deliveries)
    yield {"": f"whole ({size_in:.0f} bytes in, {size_out / len(deliveries):.0f} out)", "µs": whole}
    for name, part in parts.items():
        yield {"": f"  {name}", "µs": part}
    yield {"": "  what is between them, and colder caches", "µs": whole - sum(parts.values())}


def _turn(pipeline: Pipeline, delivery: Delivery, stamp: Stamp) -> Turn:
    made = pipeline(delivery, stamp)
    if not isinstance(made, Turn):
        raise TypeError(f"a sample became a dead letter: {made.detail}")
    return made


def _decisions() -> Iterator[Row]:
    random = Random(7)
    base = _table()
    for count in _RULE_COUNTS:
        rules = _rules(count, base, random)
        table = replace(base, rules=rules)
        router = Router(table)
        contexts = [_context(table, random) for _ in range(_CONTEXTS)]
        # A naive scan is given its facts ready made; ours are worked out as it asks for them.
        facts = [({key: context.fact(key) for key in _KEYS}, rules) for context in contexts]
        if [router.match(each) for each in contexts] != [_scan(*each) for each in facts]:
            raise AssertionError("the two do not agree")
        ours = _microseconds(router.match, [(each,) for each in contexts]) * 1000
        naive = _microseconds(_scan, facts) * 1000
        yield {"rules": count, "ours": ours, "linear scan": naive, "ratio": ours / naive}


_KEYS = ("scope_id", "chat_type", "user_id")


def _scan(facts: dict[str, str | None], rules: Sequence[Rule]) -> Rule | None:
    for rule in rules:
        for condition in rule.match:
            if facts[condition.key] != condition.written:
                break
        else:
            return rule
    return None


def _rules(count: int, table: RoutingTable, random: Random) -> tuple[Rule, ...]:
    rules = []
    for index in range(count):
        match = tuple(zip(_KEYS, _values(random), strict=True))
        if random.random() < 0.25:
            match = tuple(random.sample(match, 2))
        conditions = tuple(equals(key, text) for key, text in match)
        target = Target(table.base)
        rules.append(
            Rule(f"routes[{index}]", index, conditions, target, frozenset({"model"}), index + 1)
        )
    return tuple(rules)


def _values(random: Random) -> tuple[str, str, str]:
    kind = random.choice(_KINDS)
    return f"scope-{random.randrange(_TENANTS)}", kind, f"user-{random.randrange(_USERS)}"


def _context(table: RoutingTable, random: Random) -> RoutingContext:
    scope, kind, user = _values(random)
    source = {"platform": "telegram", "scope_id": scope, "chat_type": kind, "user_id": user}
    message = InboundMessage.model_validate({"text": "hello", "source": source})
    return routing_context(message, PlatformName("telegram"), SourceKind.STRANGER, table)


def _table() -> RoutingTable:
    loaded = load_table(table_text().encode(), {})
    if loaded.table is None:
        raise ValueError(str(loaded.problems))
    return loaded.table


def _microseconds(call: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> float:
    """Return the processor time of one call, over all arguments: the median of several runs."""
    runs = []
    for _ in range(_REPEATS):
        started = time.process_time()
        for each in arguments:
            call(*each)
        runs.append((time.process_time() - started) / len(arguments) * 1e6)
    return median(runs)
