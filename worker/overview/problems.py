"""What is wrong, the worst first: a problem stops messages, a warning will or might."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts import DeadReason
from worker.overview.heard import Heard
from worker.overview.overview import Problem, Severity

_NAMED = 5
# Dead because the table or the message says so. The alert on dead letters leaves them out as well.
_AS_ASKED = frozenset(
    {DeadReason.DENIED, DeadReason.RATE_LIMITED, DeadReason.LOOP, DeadReason.EXPIRED}
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known."""

    deaf: str | None
    """Why other workers cannot be heard."""
    dead: Mapping[str, int]
    """Dead letters of the last minute, per reason."""
    unreadable: int
    left_out: int
    """Workers that there was no room for."""
    waiting: bool
    """Whether it is too early to say that nobody is there."""


def find_problems(
    alive: Sequence[Heard], silent: Sequence[Heard], circumstances: Circumstances
) -> tuple[Problem, ...]:
    """Return what is wrong with those that are heard and those that are not any more.

    Codes, in this order: `deaf`, `nobody`, `not_ready`, `silent`, `lanes_held`, `dead`, `tables`,
    `table_refused`, `paused`, `restart_needed`, `left_queues`, `same_name`, `left_out`,
    `unreadable`.
    """
    return tuple(_find(alive, silent, circumstances))


def _find(
    alive: Sequence[Heard], silent: Sequence[Heard], known: Circumstances
) -> Iterator[Problem]:
    if known.deaf is not None:
        yield _problem("problem", "deaf", f"other workers cannot be heard: {known.deaf}")
    if not alive and not known.waiting:
        yield _problem("problem", "nobody", "no worker is heard")
    idle = [each for each in alive if not each.last.state.ready and not each.last.state.draining]
    if idle:
        why = idle[0].last.state.problem or "it does not say why"
        yield _about("problem", "not_ready", idle, "not ready", f": {why}")
    if silent:
        yield _about("problem", "silent", silent, "silent, without having said good-bye")
    if (held := sum(each.last.state.lanes_held for each in alive)) > 0:
        text = f"{_counted(held, 'conversation')} wait for a model queue that refuses"
        yield _problem("warning", "lanes_held", text)
    dead = Counter({reason: n for reason, n in known.dead.items() if reason not in _AS_ASKED})
    if dead:
        reason, _ = dead.most_common(1)[0]
        letters = _counted(dead.total(), "dead letter")
        text = f"{letters} within a minute, most of them {reason}"
        yield _problem("warning", "dead", text)
    yield from _find_in_tables(alive)
    yield from _find_in_names(alive, known)


def _find_in_tables(alive: Sequence[Heard]) -> Iterator[Problem]:
    tables = Counter(each.last.table.digest for each in alive)
    if len(tables) > 1:
        told = ", ".join(f"{digest} ({number})" for digest, number in tables.most_common(_NAMED))
        yield _problem("warning", "tables", f"workers route by different tables: {told}")
    looks: tuple[tuple[str, str, Callable[[Heard], bool]], ...] = (
        ("table_refused", "keeping an older table: the file's is refused", _is_refused),
        ("paused", "taking nothing: memory_in_hand is used up", lambda one: one.last.state.paused),
        ("restart_needed", "in need of a restart for its table's settings", _needs_restart),
    )
    for code, what, is_so in looks:
        if found := [each for each in alive if is_so(each)]:
            yield _about("warning", code, found, what)
    if left := max((each.last.table.left_queues for each in alive), default=0):
        text = f"{_counted(left, 'queue')} left the table and hold jobs"
        yield _problem("warning", "left_queues", text)


def _find_in_names(alive: Sequence[Heard], known: Circumstances) -> Iterator[Problem]:
    names = Counter(each.last.worker for each in alive if not each.last.state.draining)
    if doubles := [name for name, number in names.items() if number > 1]:
        text = f"two workers have the same worker_id: {', '.join(doubles[:_NAMED])}"
        yield _problem("warning", "same_name", text, doubles)
    if known.left_out:
        text = f"{_counted(known.left_out, 'worker')} beyond those that there is room for"
        yield _problem("warning", "left_out", text)
    if known.unreadable:
        text = f"{_counted(known.unreadable, 'message')} on the exchange of figures are no reports"
        yield _problem("warning", "unreadable", text)


def _is_refused(heard: Heard) -> bool:
    return heard.last.table.refused


def _needs_restart(heard: Heard) -> bool:
    return heard.last.table.restart_needed


def _about(
    severity: Severity, code: str, heard: Sequence[Heard], what: str, more: str = ""
) -> Problem:
    names = [each.last.worker for each in heard]
    who = f"{names[0]} is" if len(names) == 1 else f"{len(names)} workers are"
    return _problem(severity, code, f"{who} {what}{more}", names)


def _problem(severity: Severity, code: str, text: str, names: Sequence[str] = ()) -> Problem:
    return Problem(severity=severity, code=code, text=text, workers=tuple(names[:_NAMED]))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
