"""The worker that answers at `http` on this machine, if one does."""

from collections.abc import Iterator, Mapping
from typing import Any

from worker.doctor.finding import Finding, counted, listed
from worker.doctor.sign import Sign

_LONGEST = 300


def worker_findings(
    address: tuple[str, int] | None, answer: Mapping[str, Any] | None, table: str | None
) -> Iterator[Finding]:
    """Judge the body of `/ready`; `table` is the digest of the file that the doctor was given."""
    if address is None:
        return
    where = f"{address[0]}:{address[1]}"
    if answer is None:
        yield Finding(Sign.WORKER_ELSEWHERE, f"no worker answers at http://{where}/ready here")
        return
    if answer.get("ready") is True:
        count = answer.get("partitions_consumed", 0)
        yield Finding(Sign.WORKER_READY, f"{where}: ready, consumes {counted(count, 'queue')}")
    else:
        why = str(answer.get("problem"))[:_LONGEST]
        yield Finding(
            Sign.WORKER_NOT_READY,
            f"{where}: not ready: {why}",
            "docs/operating.md, PointsmanNotReady; it goes on trying by itself",
        )
    yield from _table(where, answer, table)
    if restart := answer.get("needs_restart"):
        names = listed([str(name) for name in restart])
        yield Finding(
            Sign.WORKER_NEEDS_RESTART,
            f"{where}: the file states settings that take a restart: {names}",
            "restart the workers one after the other",
        )
    if left := answer.get("queues_left"):
        names = listed([f"{name} ({counted(int(jobs), 'job')})" for name, jobs in left.items()])
        yield Finding(
            Sign.QUEUES_LEFT,
            f"{where}: models have left the table, and their queues hold jobs: {names}",
            "let their runners finish, or move the jobs; the queues can be deleted once empty",
        )


def _table(where: str, answer: Mapping[str, Any], table: str | None) -> Iterator[Finding]:
    used = str(answer.get("table"))
    if answer.get("table_refused"):
        yield Finding(
            Sign.WORKER_TABLE_REFUSED,
            f"{where}: refused the file that it has, and uses table {used}",
            "`table_refused` on its `/ready` has the problems; put a good file in its place",
        )
    elif table is not None and used != table:
        yield Finding(
            Sign.WORKER_TABLE_DIFFERS,
            f"{where}: uses table {used}, and this file is {table}",
            "is this the file that it has? Then SIGHUP has it look again",
        )
