from datetime import UTC, datetime, timedelta

import pytest

from tests.worker.doctor.judged import host, ids
from worker.doctor.broker_facts import TlsFacts
from worker.doctor.transport_findings import is_loopback, transport_findings

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def judged(*, verify=True, **facts):
    return list(transport_findings([host(**facts)], NOW, verify=verify))


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("broker", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
    ],
)
def test_only_this_machine_needs_no_tls(name, loopback):
    """Plain AMQP and guest are fine on loopback, and a warning each anywhere else."""
    assert is_loopback(name) is loopback
    expected = ["tls_not_needed"] if loopback else ["tls_off", "guest_user"]
    assert ids(judged(name=name, user="guest")) == expected


def test_a_verified_connection_is_told_with_its_version_and_its_end():
    """TLS that is verified is one line with its version and the day the certificate ends."""
    (found,) = judged(tls_asked=True, tls=TlsFacts("TLSv1.3", NOW + timedelta(days=31)))
    assert found.sign.id == "tls_good"
    assert "TLSv1.3, verified, certificate good until 2026-03-03" in found.text


def test_a_certificate_that_ends_within_a_month_is_a_warning():
    """Thirty days before the end of the certificate its renewal is asked for."""
    soon = NOW + timedelta(days=29)
    (found,) = judged(tls_asked=True, tls=TlsFacts("TLSv1.3", soon))
    assert found.sign.id == "certificate_expires"
    assert "2026-03-01" in found.text


def test_tls_without_verification_is_a_warning():
    """With amqp_verify off it is said that anybody can pose as the broker, and nothing is called good."""
    facts = TlsFacts("TLSv1.3", None)
    assert ids(judged(verify=False, tls_asked=True, tls=facts)) == ["tls_unverified"]
