"""What the main path makes of a delivery."""

from dataclasses import dataclass
from uuid import UUID

from contracts import DeadReason, SourceKind
from routing.charge import Charge
from worker.pipeline.publication import Publication
from worker.pipeline.redrive import Redrive


@dataclass(slots=True)
class Known:
    """What was known of a delivery when its way ended; filled in on the way."""

    table: str
    message_id: str | None = None
    message_id_derived: bool = False
    conversation_id: str | None = None
    platform: str | None = None
    source_kind: SourceKind | None = None
    platform_label: str = "other"
    """The platform where the table knows it: a name that messages cannot make up."""
    route: str | None = None
    model: str | None = None
    queue: str | None = None
    """What the rule names instead of the model's own, without any prefix."""
    age: float | None = None
    """Seconds from when the message was made, as it says itself, to its delivery."""
    signed: bool = False
    """Whether a key of its platform's signed it."""
    redrive: Redrive | None = None
    """Set where it was dead before, and operators publish it once more."""
    redacted: int = 0
    claim_ignored: bool = False
    override_ignored: str | None = None
    """Why a runtime or a model that the message named was not used."""
    ignored_fields: tuple[str, ...] = ()
    routing_error: Exception | None = None
    """The fault in our own code for which the base runtime was used."""

    @property
    def attempt(self) -> int:
        """1 + the number of redrives."""
        return self.redrive.attempt if self.redrive else 1


@dataclass(frozen=True, slots=True)
class Turn:
    """A delivery that became a turn job, ready to publish."""

    turn_id: UUID
    lane: str
    """The conversation: its turns are published one after the other."""
    repeatable: bool
    """Whether its message id was stated, so that a second one like it is a repeat."""
    publication: Publication
    known: Known
    charges: tuple[Charge, ...] = ()
    """The limits it counts against."""

    @property
    def redriven(self) -> bool:
        """Whether operators want it once more, so that it is no repeat whatever there was."""
        return self.known.redrive is not None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that could not become a turn, ready to publish with its reason."""

    reason: DeadReason
    detail: str
    publication: Publication
    known: Known
    error: Exception | None = None
    """The fault in our own code behind an `internal_error`, for the log."""
