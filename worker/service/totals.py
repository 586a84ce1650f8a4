"""What has been counted since the process started."""

from dataclasses import asdict, dataclass, field

from worker.pipeline.turn import DeadLetter
from worker.service.outcome import Ending, Outcome


@dataclass(slots=True)
class Totals:
    """Shown in the body of `/ready`, so that nothing is ignored without a trace."""

    outcomes: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    """Per reason."""
    delayed: int = 0
    """Turns that were held because they were over a limit."""
    claims_ignored: int = 0
    """Bodies that said a source kind of their own."""
    overrides_ignored: dict[str, int] = field(default_factory=dict)
    """Per reason: runtimes and models that were named and may not be."""
    override_fields_ignored: int = 0
    keys_redacted: int = 0
    routing_errors: int = 0
    """Faults of ours for which the base runtime was used."""
    split_conversations: int = 0
    """Conversations seen under two routing keys: their order is not ours to promise."""

    def add(self, ending: Ending) -> None:
        """Count one delivery's end."""
        made, known = ending.made, ending.made.known
        outcome = ending.outcome.value
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if ending.outcome is Outcome.RELEASED:
            return  # it comes again, and what it is will be counted then
        if isinstance(made, DeadLetter):
            self.dead[made.reason.value] = self.dead.get(made.reason.value, 0) + 1
        self.delayed += ending.delayed > 0 and ending.outcome is Outcome.ACCEPTED
        self.claims_ignored += known.claim_ignored
        if (ignored := known.override_ignored) is not None:
            self.overrides_ignored[ignored] = self.overrides_ignored.get(ignored, 0) + 1
        self.override_fields_ignored += len(known.ignored_fields)
        self.keys_redacted += known.redacted
        self.routing_errors += known.routing_error is not None

    def report(self) -> dict[str, object]:
        """Return the figures by name."""
        return asdict(self)
