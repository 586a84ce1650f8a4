"""Whether the user may do what a worker has to, as far as that can be asked without doing it."""

from collections.abc import Iterator, Mapping

from worker.doctor.broker_facts import HostFacts
from worker.doctor.finding import Finding, listed
from worker.doctor.sign import Sign

_GIVE = (
    "`pointsman topology permissions` prints what the worker's user needs; if this user is none of"
    " a worker's, run the doctor with a worker's amqp_url"
)


def permission_findings(facts: HostFacts, others: Mapping[str, str]) -> Iterator[Finding]:
    """Judge what the user may do; `others` is by name what users are for that are no worker's."""
    seen = facts.seen
    if seen is None or facts.silent is not None:
        return
    missing = {
        "configure": seen.unconfigurable,
        "write to": seen.unwritable,
        "read from": seen.unreadable,
        "look at": seen.unseen,
    }
    user = f"user {facts.user}" if facts.user else "this user"
    # An exchange and a queue may have one name, which is what permissions are about.
    refused = {what: list(dict.fromkeys(names)) for what, names in missing.items() if names}
    if not refused:
        yield Finding(
            Sign.PERMISSIONS_ENOUGH, f"{user} may do what a worker has to, as far as seen"
        )
    elif facts.user is not None and facts.user in others:
        said = "; ".join(f"may not {what} {listed(names)}" for what, names in refused.items())
        yield Finding(
            Sign.PERMISSIONS_UNSEEN,
            f"{user} is no worker's ({others[facts.user]}), so this is not seen: it {said}",
        )
    else:
        for what, names in refused.items():
            yield Finding(Sign.PERMISSION_MISSING, f"{user} may not {what} {listed(names)}", _GIVE)
