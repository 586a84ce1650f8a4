"""Whether this machine's clock is right, as far as the broker's and the kernel can tell."""

from collections.abc import Iterator, Sequence

from contracts.signature import TOLERANCE
from worker.doctor.broker_facts import HostFacts
from worker.doctor.finding import Finding
from worker.doctor.sign import Sign

_NOTICED = 2.0
"""Seconds: more than what two machines that ask a time server ever differ by."""
_WRONG = TOLERANCE / 5
_WHY = (
    f"signatures hold for {TOLERANCE} s to either side, `expires_at` and `sequence` go by the"
    " worker's clock"
)


def clock_findings(hosts: Sequence[HostFacts], *, synchronised: bool | None) -> Iterator[Finding]:
    """Judge the clock; `synchronised` is what the kernel says, None if it says nothing."""
    read = [(facts.host, facts.clock.ahead) for facts in hosts if facts.clock is not None]
    for host, ahead in read:
        if abs(ahead) < _NOTICED:
            yield Finding(Sign.CLOCK_AGREES, f"{host}: agrees with the broker's to a second or two")
            continue
        way = "behind" if ahead > 0 else "ahead of"
        sign = Sign.CLOCK_WRONG if abs(ahead) >= _WRONG else Sign.CLOCK_DIFFERS
        yield Finding(
            sign,
            f"{host}: this machine's clock is {abs(ahead):,.0f} s {way} the broker's",
            f"have both follow a time server (`timedatectl`, `chronyc tracking`): {_WHY}",
        )
    if read:
        return
    if synchronised is False:
        yield Finding(
            Sign.CLOCK_UNSYNCHRONISED,
            "the kernel says that no time server is followed, and the broker's clock is not seen",
            f"have a time server followed (`timedatectl`, `chronyc tracking`): {_WHY}",
        )
    elif any(facts.connected for facts in hosts):
        kernel = "follows a time server" if synchronised else "the kernel says nothing"
        yield Finding(
            Sign.CLOCK_UNSEEN,
            f"{kernel}; the broker's clock is shown to users of workers and operators only",
        )
