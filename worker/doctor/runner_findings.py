"""Who takes the jobs, how many wait, and which wait for nobody."""

from collections.abc import Iterator, Mapping

from worker.doctor.broker_facts import BrokerContent
from worker.doctor.finding import Finding, counted, listed
from worker.doctor.intake_findings import MANY, NEARLY
from worker.doctor.sign import Sign
from worker.partitions import Depth
from worker.settings import Settings
from worker.topology import Topology


def runner_findings(
    seen: BrokerContent, topology: Topology, settings: Settings
) -> Iterator[Finding]:
    """Judge the queues of models."""
    depths = seen.depths(tuple(queue.name for queue in topology.turns))
    waiting = {name: depth for name, depth in depths.items() if depth.messages}
    alone = {name: depth for name, depth in waiting.items() if not depth.consumers}
    if alone:
        yield Finding(
            Sign.JOBS_WITHOUT_RUNNER,
            f"nobody consumes {listed(_with_counts(alone))}",
            "start the runners of these models; a job waits until one takes it or it expires",
        )
    if absent := [n for n, depth in depths.items() if not depth.consumers and not depth.messages]:
        yield Finding(
            Sign.RUNNERS_ABSENT,
            f"nobody consumes {counted(len(absent), 'queue')} without jobs: {listed(absent)}",
            "start their runners, unless these models are only fallbacks that others call",
        )
    busy = [name for name, depth in waiting.items() if depth.consumers]
    idle = [name for name, depth in depths.items() if depth.consumers and not depth.messages]
    if busy:
        jobs = sum(depths[name].messages for name in busy)
        yield Finding(
            Sign.RUNNERS_CONSUME,
            f"{counted(len(busy), 'model queue')} with runners, {counted(jobs, 'job')} waiting",
        )
    if idle:
        yield Finding(
            Sign.RUNNERS_IDLE,
            f"{counted(len(idle), 'model queue')} with runners and no job waiting: {listed(idle)}",
        )
    many = {n: d for n, d in waiting.items() if d.consumers and d.messages >= MANY}
    if many:
        yield Finding(
            Sign.JOBS_WAIT,
            f"many jobs wait: {listed(_with_counts(many))}",
            "their runners do not keep up: start more, and mind the broker's disk",
        )
    if settings.turns_max_length is not None:
        yield from _bounded(depths, settings.turns_max_length)


def dead_findings(seen: BrokerContent, topology: Topology) -> Iterator[Finding]:
    """Judge the queue of dead letters."""
    for name, depth in seen.depths((topology.dead.name,)).items():
        if depth.messages:
            yield Finding(
                Sign.DEAD_LETTERS,
                f"{counted(depth.messages, 'dead letter')} in {name}",
                "`pointsman dead list` groups them by reason; docs/operating.md,"
                " PointsmanDeadLetters, says what each reason means",
            )
        else:
            yield Finding(Sign.DEAD_EMPTY, f"no dead letter in {name}")


def _with_counts(depths: Mapping[str, Depth]) -> list[str]:
    return [f"{name} ({counted(depth.messages, 'job')})" for name, depth in depths.items()]


def _bounded(depths: Mapping[str, Depth], bound: int) -> Iterator[Finding]:
    for name, depth in depths.items():
        if depth.messages < NEARLY * bound:
            continue
        full = depth.messages >= bound
        yield Finding(
            Sign.MODEL_QUEUE_FULL if full else Sign.MODEL_QUEUE_NEARLY_FULL,
            f"{name}: {depth.messages:,} of {bound:,} jobs (turns_max_length)",
            "start more runners: a full queue refuses, and after lane_deadline turns are dead",
        )
