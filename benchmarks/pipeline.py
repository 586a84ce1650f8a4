"""Microseconds per message of the pure main path, whole and in parts."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.report import Report, Row
from benchmarks.sample import samples, table_text
from benchmarks.stopwatch import microseconds
from routing.classify import classify
from routing.conversation import conversation_key
from routing.decide import Router
from routing.load_table import load_table
from routing.table import RoutingTable
from worker.pipeline.build_job import Stamp, build_job, job_publication
from worker.pipeline.decode import decode, judge
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.pipeline import Limits, Pipeline
from worker.pipeline.redact import redact
from worker.pipeline.turn import Turn

_MESSAGES = 2000


def measure_pipeline(report: Report) -> None:
    """Measure and report the main path."""
    report.table("pipeline, µs per message (CPU)", list(_parts()))


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
        (one, None, kind, conversation_key(*heard_), router.decide(*asked_), stamp, "7")
        for one, kind, heard_, asked_ in zip(decoded, kinds, heard, asked, strict=True)
    ]
    jobs = [
        (build_job(*arguments), delivery, arguments[4], "")
        for arguments, delivery in zip(built, deliveries, strict=True)
    ]

    whole = microseconds(pipeline, [(delivery, stamp) for delivery in deliveries])
    parts = {
        "origin": microseconds(judge, [(delivery, table, "") for delivery in deliveries]),
        "JSON": microseconds(read_json_object, bodies),
        "redact": microseconds(redact, documents),
        "decode": microseconds(decode, readable),
        "classify": microseconds(classify, heard),
        "conversation": microseconds(conversation_key, heard),
        "decide": microseconds(router.decide, asked),
        "build the job": microseconds(build_job, built),
        "encode it": microseconds(job_publication, jobs),
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


def _table() -> RoutingTable:
    loaded = load_table(table_text().encode(), {})
    if loaded.table is None:
        raise ValueError(str(loaded.problems))
    return loaded.table
