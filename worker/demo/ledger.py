"""The demo's books: every message that was fed must turn up as a job, a dead letter or a repeat."""

from collections import Counter, deque
from dataclasses import dataclass, field

_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class MessageKey:
    """What makes a message one and the same: the platform it was fed to, and its id there."""

    platform: str
    message_id: str

    def __str__(self) -> str:
        return f"{self.platform} {self.message_id}"


@dataclass(slots=True)
class _Account:
    """One message."""

    place: int | None = None
    """The how-manieth message it was, once the feeder has said that it fed it."""
    fed: int = 0
    ran: bool = False
    seen: int = 0
    """How often it turned up anywhere."""

    @property
    def missing(self) -> int:
        return max(0, self.fed - self.seen)

    @property
    def is_phantom(self) -> bool:
        return self.seen > 0 and self.fed == 0


@dataclass(slots=True)
class _Lane:
    """The jobs of one conversation for one model, in the order in which the runner got them."""

    sequence: int = -1
    place: int = -1
    unplaced: deque[tuple[MessageKey, bool]] = field(default_factory=deque)
    """Jobs whose place is not known yet, and whether each was counted as out of order already."""


class Ledger:
    """Compares what was fed with what came out, whichever of the two is heard of first.

    A message that was fed more than once, as a feeder's retry, must turn up as often: the worker
    drops the repeat, or the runner does. The accounts of the last 100,000 messages are kept.
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self.fed = 0
        self.jobs = 0
        """First sightings at the runner."""
        self.dropped = 0
        """Repeats that the worker dropped."""
        self.repeats = 0
        """Repeats that only the runner dropped."""
        self.dead: Counter[str] = Counter()
        """Dead letters by reason."""
        self.out_of_order = 0
        self.outstanding = 0
        """Messages that were fed and have not turned up: on their way, or lost."""
        self.phantoms = 0
        """Messages that turned up and were not fed, as far as is known yet."""
        self._remembered = remembered
        self._accounts: dict[MessageKey, _Account] = {}
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._awaited: dict[MessageKey, _Lane] = {}

    # ---- what is reported

    def record_fed(self, key: MessageKey) -> None:
        """The broker has confirmed a message to the feeder."""
        self.fed += 1
        account = self._account(key)
        if account.place is None:
            account.place = self.fed
        self._change(account, fed=1)
        lane = self._awaited.pop(key, None)
        if lane is not None:
            self._place(lane)
        self._forget()

    def record_job(self, key: MessageKey, conversation: str, model: str, sequence: int) -> None:
        """A runner got a job and has run it, or known it for a repeat."""
        account = self._account(key)
        if account.ran:
            self.repeats += 1
        else:
            account.ran = True
            self.jobs += 1
            self._check_order(key, self._lane(conversation, model), sequence)
        self._change(account, seen=1)

    def record_rejected(
        self, key: MessageKey, conversation: str, model: str, sequence: int
    ) -> None:
        """A runner got a job and rejected it: the broker makes a dead letter of it."""
        account = self._account(key)
        if not account.ran:
            account.ran = True
            self._check_order(key, self._lane(conversation, model), sequence)

    def record_dropped(self, key: MessageKey) -> None:
        """The worker dropped a repeat."""
        self.dropped += 1
        self._change(self._account(key), seen=1)

    def record_dead(self, key: MessageKey, reason: str) -> None:
        """A dead letter came out of the `dead` queue."""
        self.dead[reason] += 1
        self._change(self._account(key), seen=1)

    # ---- what is asked

    @property
    def balanced(self) -> bool:
        """Whether all that was fed has turned up, and nothing else has."""
        return self.outstanding == 0 and self.phantoms == 0

    def missing(self, most: int) -> list[MessageKey]:
        """Return the first messages, `most` at most, that were fed and have not turned up."""
        return [key for key, account in self._accounts.items() if account.missing][:most]

    # ---- how it is kept

    def _account(self, key: MessageKey) -> _Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account()
        return account

    def _change(self, account: _Account, *, fed: int = 0, seen: int = 0) -> None:
        self.outstanding -= account.missing
        self.phantoms -= account.is_phantom
        account.fed += fed
        account.seen += seen
        self.outstanding += account.missing
        self.phantoms += account.is_phantom

    def _lane(self, conversation: str, model: str) -> _Lane:
        return self._lanes.setdefault((conversation, model), _Lane())

    def _check_order(self, key: MessageKey, lane: _Lane, sequence: int) -> None:
        early = sequence <= lane.sequence
        self.out_of_order += early
        lane.sequence = max(lane.sequence, sequence)
        lane.unplaced.append((key, early))
        self._place(lane)

    def _place(self, lane: _Lane) -> None:
        """Compare the lane's next jobs with the order in which their messages were fed."""
        while lane.unplaced:
            key, counted = lane.unplaced[0]
            account = self._accounts.get(key)
            if account is None or account.place is None:
                self._awaited[key] = lane
                return
            lane.unplaced.popleft()
            if account.place < lane.place and not counted:
                self.out_of_order += 1
            lane.place = max(lane.place, account.place)

    def _forget(self) -> None:
        while len(self._accounts) > self._remembered:
            key, account = next(iter(self._accounts.items()))
            if account.missing or account.is_phantom:
                return
            del self._accounts[key]
