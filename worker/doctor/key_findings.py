"""Keys: those that a worker has to have, those that runners need, and who else can read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.doctor.finding import Finding, counted, listed
from worker.doctor.sign import Sign


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """Which keys are here. No key is in it."""

    signing: int = 0
    """How many keys sign messages."""
    signing_missing: tuple[str, ...] = ()
    """A line for each that is not here."""
    signing_doubts: tuple[str, ...] = ()
    """A line for each that is weak."""
    credentials: Mapping[str, bool] = field(default_factory=dict)
    """Whether each reference that runners get can be resolved here."""
    open_files: Sequence[str] = ()
    """Files with a password or a key in them that everybody may read."""


def key_findings(facts: KeyFacts) -> Iterator[Finding]:
    """Judge the keys."""
    for line in facts.signing_missing:
        yield Finding(
            Sign.SIGNING_KEY_MISSING, line, "a worker needs it: give it this variable or this file"
        )
    for line in facts.signing_doubts:
        yield Finding(Sign.SIGNING_KEY_DOUBTFUL, line, "make a longer key, or a longer window_age")
    here = facts.signing - len(facts.signing_missing)
    if here:
        yield Finding(Sign.SIGNING_KEYS_HERE, counted(here, "signing key"))
    yield from _credentials(facts.credentials)
    for path in facts.open_files:
        yield Finding(
            Sign.SECRET_FILE_OPEN,
            f"{path}: holds a secret, and everybody on this machine may read it",
            f"`chmod o-r {path}`, or keep the secret in a file of its own",
        )


def _credentials(found: Mapping[str, bool]) -> Iterator[Finding]:
    missing = [reference for reference, here in found.items() if not here]
    if found and not missing:
        yield Finding(Sign.CREDENTIALS_HERE, f"all {counted(len(found), 'credential')} here")
    elif len(missing) == len(found) and found:
        what = counted(len(missing), "credential")
        yield Finding(
            Sign.CREDENTIALS_ELSEWHERE,
            f"none of {what} can be resolved here: workers need none, runners do",
        )
    elif missing:
        yield Finding(
            Sign.CREDENTIALS_MISSING,
            f"{len(missing)} of {counted(len(found), 'credential')} cannot be resolved here, and"
            f" the others can: {listed(missing)}",
            "if runners get their keys as this machine does, set them; a worker needs none",
        )
