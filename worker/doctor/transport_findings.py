"""Who could listen between us and the broker, or log in as we do."""

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from worker.doctor.broker_facts import HostFacts
from worker.doctor.finding import Finding
from worker.doctor.sign import Sign

_SOON = timedelta(days=30)


def transport_findings(
    hosts: Sequence[HostFacts], now: datetime, *, verify: bool
) -> Iterator[Finding]:
    """Judge how each host is reached; `verify` is the setting `amqp_verify`."""
    for facts in hosts:
        if facts.tls_asked:
            yield from _protected(facts, now, verify=verify)
        elif is_loopback(facts.name):
            yield Finding(Sign.TLS_NOT_NEEDED, f"{facts.host}: no TLS, and on this machine")
        else:
            yield Finding(
                Sign.TLS_OFF,
                f"{facts.host}: no TLS: passwords and messages can be read on the way",
                "use amqps:// unless somebody else keeps that network closed (docs/security.md)",
            )
        if facts.user == "guest" and not is_loopback(facts.name):
            yield Finding(
                Sign.GUEST_USER,
                f"{facts.host}: logs in as guest, which everybody knows and may do anything",
                "make users with `pointsman topology permissions`, then delete guest",
            )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as its name says."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _protected(facts: HostFacts, now: datetime, *, verify: bool) -> Iterator[Finding]:
    if not verify:
        yield Finding(
            Sign.TLS_UNVERIFIED,
            f"{facts.host}: amqp_verify is off: whoever is on the way can pose as the broker",
            "set amqp_ca_file to who signed its certificate, and amqp_verify to true",
        )
    if facts.tls is None:
        return
    until = facts.tls.expires
    if until is not None and until - now < _SOON:
        yield Finding(
            Sign.CERTIFICATE_EXPIRES,
            f"{facts.host}: the broker's certificate is good until {until:%Y-%m-%d %H:%M} UTC",
            "renew it: from then on nobody who verifies it gets in",
        )
    elif verify:
        known = f", certificate good until {until:%Y-%m-%d}" if until is not None else ""
        yield Finding(Sign.TLS_GOOD, f"{facts.host}: {facts.tls.version}, verified{known}")
