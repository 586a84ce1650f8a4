"""What a worker has done since it started, in figures: plain numbers, cheap to count."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from routing.table import RoutingTable
from worker.partitions import Partition
from worker.pipeline.delivery import Delivery
from worker.pipeline.turn import DeadLetter
from worker.service.flow import DeadNote, Flow
from worker.service.histogram import Histogram
from worker.service.outcome import Ending, Outcome
from worker.service.totals import Totals

_Key = TypeVar("_Key", bound=tuple[str, ...])

# Seconds. A delivery takes milliseconds, or as long as a model queue refuses.
_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
# A message may have waited for a day.
_AGE = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400)

_FLOWS = 2000  # told apart, at most
_DEAD_LETTERS = 2  # remembered of each reason


@dataclass(slots=True)
class Figures:
    """Every label comes from a closed set or from a table, never from a message.

    Of tables that are no longer in use, `keep` forgets them.
    """

    totals: Totals = field(default_factory=Totals)
    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Per outcome and dead reason, the latter empty where there is none."""
    jobs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Per rule, model and source kind: turn jobs that the broker has."""
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Per platform and source kind (`unknown` if it ended before that): deliveries settled."""
    flows: Counter[Flow] = field(default_factory=Counter)
    """Deliveries settled, by all that is known of their way."""
    dead_letters: defaultdict[str, deque[DeadNote]] = field(
        default_factory=lambda: defaultdict(partial(deque, maxlen=_DEAD_LETTERS))
    )
    """The last ones of each reason, the newest last."""
    seconds: Histogram = field(default_factory=lambda: Histogram(_LATENCY))
    """From delivery to the broker's confirm."""
    age: Histogram = field(default_factory=lambda: Histogram(_AGE))
    """From when a message was made, as it says, to its delivery, in seconds."""
    retries: int = 0
    """Publishes beyond the first of each delivery."""
    redelivered: int = 0
    connections: int = 0
    """Links opened."""
    blocked_seconds: float = 0.0
    """How long the broker has taken no publishes."""
    reloads: int = 0
    reloads_refused: int = 0
    last_delivery: dict[Partition, float] = field(default_factory=dict)
    """Per partition, the monotonic time in seconds of the last delivery from it."""
    _jobs_before: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    _messages_before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    _flows_before: Mapping[Flow, int] = field(default_factory=dict)

    def picked_up(self, deliveries: Iterable[Delivery], now: float) -> None:
        """Note what was delivered. `now` is monotonic time in seconds."""
        for delivery in deliveries:
            if delivery.partition is not None:
                self.last_delivery[delivery.partition] = now

    def served(self, now: float, within: float) -> int:
        """How many partitions have delivered something in the last `within` seconds."""
        return sum(now - last <= within for last in self.last_delivery.values())

    def keep(self, table: RoutingTable) -> None:
        """Go on with the labels of a table that is in use from now on.

        What it does not know is forgotten at the first change after the last time that it moved:
        what earlier tables decided ends a while later, and wants to be read once more.
        """
        routes, models = table.route_names, table.known_models
        _forget(self.jobs, self._jobs_before, lambda key: key[0] in routes and key[1] in models)
        _forget(self.messages, self._messages_before, lambda key: table.label(key[0]) == key[0])
        _forget(self.flows, self._flows_before, lambda flow: flow.is_of(table, routes, models))
        self._jobs_before, self._messages_before = dict(self.jobs), dict(self.messages)
        self._flows_before = dict(self.flows)

    def add(self, ending: Ending) -> None:
        """Count one delivery's end."""
        self.totals.add(ending)
        made, outcome = ending.made, ending.outcome
        known = made.known
        reason = made.reason.value if isinstance(made, DeadLetter) else ""
        self.deliveries[outcome.value, reason] += 1
        if outcome is Outcome.RELEASED:
            return  # it comes again, and its message is counted then
        kind = known.source_kind.value if known.source_kind is not None else "unknown"
        self.messages[known.platform_label, kind] += 1
        self.add_flow(Flow.of(known, kind, outcome, reason))
        if isinstance(made, DeadLetter):
            self.dead_letters[reason].append(DeadNote.of(made, kind))
        self.redelivered += ending.delivery.redelivered
        if known.age is not None:
            self.age.observe(known.age)
        if outcome is Outcome.DUPLICATE:
            return  # nothing was published
        self.retries += ending.attempts - 1
        self.seconds.observe(ending.seconds)
        if outcome is Outcome.ACCEPTED:
            self.jobs[known.route or "", known.model or "", kind] += 1

    def add_flow(self, flow: Flow) -> None:
        """Count a flow."""
        # Who may name models could else make as many as there are of these, of platforms and rules.
        if flow not in self.flows and len(self.flows) >= _FLOWS:
            flow = flow.coarser()
        self.flows[flow] += 1


def _forget(
    counts: Counter[_Key], before: Mapping[_Key, int], is_known: Callable[[_Key], bool]
) -> None:
    """Drop the counts that are not known and the same as before."""
    for key in [key for key, count in counts.items() if before.get(key) == count]:
        if not is_known(key):
            del counts[key]
