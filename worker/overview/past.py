"""What this process did in the last ten minutes, kept whether anybody listens or not."""

from collections import Counter, deque
from collections.abc import Sequence

from worker.overview.history import STEP, STEPS
from worker.overview.report import PastStep
from worker.service.figures import Figures
from worker.service.outcome import Outcome

IN_A_REPORT = 20
"""Steps. Who begins to listen has them all after six reports."""


class Past:
    """The last steps that have ended; step n is from n times `STEP` seconds after the start."""

    def __init__(self) -> None:
        self._steps: deque[PastStep] = deque(maxlen=STEPS)
        self._next = 0
        """The first step that is not told yet."""
        self._ends: Counter[tuple[str, str]] = Counter()
        self._latency: Sequence[int] = ()

    def note(self, figures: Figures, uptime: float) -> None:
        """Note the step that has ended, if one has, by what was counted since the last one."""
        if int(uptime // STEP) <= self._next:
            return
        ends, latency = Counter(figures.deliveries), figures.seconds.counts
        since, before = ends - self._ends, self._latency or [0] * len(latency)
        rises = (new - old for old, new in zip(before, latency, strict=True))
        self._next = int(uptime // STEP)
        self._ends, self._latency = ends, latency
        self._steps.append(
            PastStep(
                step=self._next - 1,
                accepted=since[Outcome.ACCEPTED.value, ""],
                duplicate=since[Outcome.DUPLICATE.value, ""],
                dead=tuple((reason, number) for (_, reason), number in since.items() if reason),
                latency=tuple((place, rise) for place, rise in enumerate(rises) if rise),
            )
        )

    def turn(self, uptime: float) -> tuple[PastStep, ...]:
        """Return the steps whose turn it is in this second: each has one in six."""
        turns = STEPS // IN_A_REPORT
        turn = int(uptime) % turns
        return tuple(each for each in self._steps if each.step // IN_A_REPORT % turns == turn)
