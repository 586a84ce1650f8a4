"""Whether the broker is there, lets us in, is one that we know, and takes what is published."""

import re
from collections.abc import Iterator, Sequence

from worker.doctor.broker_facts import HostFacts
from worker.doctor.finding import Finding, counted, listed
from worker.doctor.sign import Sign

_OLDEST = (3, 10)
# A consumer, a publisher, and one for each of a few calls at a time.
_CHANNELS = 16
_STAYS = "; partitions stay with the worker that has them until it leaves, which RabbitMQ 4 changes"


def broker_findings(hosts: Sequence[HostFacts]) -> Iterator[Finding]:
    """Judge every host of `amqp_url`."""
    reached = any(facts.connected for facts in hosts)
    for facts in hosts:
        yield from _host(facts, alone=not reached)
    clusters = sorted({facts.cluster for facts in hosts if facts.cluster is not None})
    if len(clusters) > 1:
        yield Finding(
            Sign.CLUSTERS_DIFFER,
            f"the hosts of amqp_url are {len(clusters)} clusters: {listed(clusters)}",
            "name the nodes of one cluster: a worker goes to another host when it loses one",
        )


def _host(facts: HostFacts, *, alone: bool) -> Iterator[Finding]:
    if facts.refused is not None:
        todo = (
            _REFUSED_TLS if "certificate" in facts.refused or "TLS" in facts.refused else _REFUSED
        )
        yield Finding(Sign.ACCESS_REFUSED, facts.refused, todo)
        return
    if facts.unreachable is not None:
        if alone:
            yield Finding(Sign.BROKER_UNREACHABLE, facts.unreachable, _UNREACHABLE)
        else:
            yield Finding(Sign.HOST_UNREACHABLE, facts.unreachable, _HOST_UNREACHABLE)
        return
    if facts.silent is not None:
        yield Finding(Sign.BROKER_SILENT, f"{facts.host}: {facts.silent}", _SILENT)
    yield from _kind(facts)
    if 0 < facts.channels < _CHANNELS:
        yield Finding(
            Sign.CONNECTION_LIMITS,
            f"{facts.host}: a connection may have {counted(facts.channels, 'channel')}",
            f"set the broker's `channel_max`, or the user's `max-channels`, to {_CHANNELS} or more",
        )
    if facts.blocked:
        yield Finding(
            Sign.PUBLISHING_BLOCKED,
            f"{facts.host}: the broker blocks everybody who publishes (memory or disk alarm)",
            "`rabbitmq-diagnostics alarms` says which; give it room, or start the runners of the"
            " longest queue. Workers and feeders go on by themselves then: do not restart them",
        )
    elif facts.blocked is not None:
        yield Finding(Sign.PUBLISHING_OPEN, f"{facts.host}: takes what is published: no alarm")


def _kind(facts: HostFacts) -> Iterator[Finding]:
    found = re.match(r"(\d+)\.(\d+)", facts.version)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    told = f"{facts.host}: {facts.product} {facts.version}, cluster {facts.cluster or 'unnamed'}"
    if facts.lacks:
        yield Finding(
            Sign.BROKER_LACKS,
            f"{told}: does not have {listed(facts.lacks)}",
            "nothing is promised on such a broker: use RabbitMQ 3.10 or later",
        )
    elif facts.product != "RabbitMQ" or version < _OLDEST:
        yield Finding(
            Sign.BROKER_UNTRIED,
            f"{told}: Pointsman was never tried on that",
            "use RabbitMQ 3.10 or later",
        )
    else:
        yield Finding(Sign.BROKER_REACHED, told + (_STAYS if version < (4, 0) else ""))


_REFUSED = (
    "look at user, password and virtual host of amqp_url (or amqp_password_file), and at the"
    " broker's log, which says why; `rabbitmqctl list_permissions -p VHOST`"
)
_REFUSED_TLS = (
    "look at amqp_ca_file, at the host's name and port in amqp_url (TLS is usually 5671) and at the"
    " broker's certificate"
)
_UNREACHABLE = (
    "is the broker running (`rabbitmq-diagnostics check_running`), is the address right, may this"
    " machine reach it? Workers wait for it and lose nothing"
)
_HOST_UNREACHABLE = (
    "workers use the other hosts meanwhile; bring it back, or take it out of the URL"
)
_SILENT = (
    "it accepts connections and does not answer: frozen, out of processor time, or cut off on the"
    " way; `rabbitmq-diagnostics check_running`, and its log"
)
