"""TLS to a real broker: verified unless somebody says otherwise, and loudly."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.broker.certificates import Authority, Certificate
from tests.broker.service import COMMAND, PointsmanRun
from worker.demo.free_port import free_port

TABLE = "model: m"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the certificates are."""
    made: Path = tmp_path_factory.mktemp("certificates")
    return made


@pytest.fixture(scope="module")
def authority(folder) -> Authority:
    """Who signs for the broker and for its clients."""
    return Authority(folder, "authority")


@pytest.fixture
def tls_node(own_broker, authority):
    """Start a node that speaks TLS: `tls_node(certificate)` gives its URL."""

    def start(certificate: Certificate, *, host="127.0.0.1", ask_client=False) -> str:
        port = free_port()
        lines = {
            "listeners.ssl.1": f"127.0.0.1:{port}",
            "ssl_options.cacertfile": authority.file,
            "ssl_options.certfile": certificate.certificate,
            "ssl_options.keyfile": certificate.key,
            "ssl_options.verify": "verify_peer",
            "ssl_options.fail_if_no_peer_cert": str(ask_client).lower(),
        }
        own_broker(config="\n".join(f"{name} = {value}" for name, value in lines.items()))
        return f"amqps://guest:guest@{host}:{port}/"

    return start


def applied(url: str, tmp_path: Path, **settings) -> subprocess.CompletedProcess[str]:
    """The outcome of `topology apply`, which connects once."""
    return called("topology apply", url, tmp_path, **settings)


def diagnosed(url: str, tmp_path: Path, **settings) -> tuple[int, dict[str, str]]:
    """The exit code of `doctor`, and what it found by id."""
    done = called("doctor --format=json --http=none", url, tmp_path, **settings)
    assert "guest:" not in done.stdout
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {each["id"]: each["text"] for each in found}


def called(command: str, url: str, tmp_path: Path, **settings) -> subprocess.CompletedProcess[str]:
    """The outcome of a command that connects."""
    table = tmp_path / "table.yaml"
    table.write_text(TABLE, encoding="utf-8")
    flags = {f"POINTSMAN_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [*COMMAND, *command.split(), f"--config={table}"],
        env={"PATH": "/usr/bin:/bin", "POINTSMAN_AMQP_URL": url, **flags},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(url: str, tmp_path: Path, **settings) -> str:
    """The one line in which `topology apply` says why it is not let in."""
    done = applied(url, tmp_path, **settings)
    assert done.returncode == 3, done.stderr
    assert "guest" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_a_verified_broker_is_worked_with(tls_node, authority, tmp_path):
    """With the authority's file a run works over TLS; without it, it ends with 3 and says why."""
    url = tls_node(authority.sign("good", "IP:127.0.0.1,DNS:localhost"))
    with PointsmanRun(url, TABLE, tmp_path, amqp_ca_file=str(authority.file)):
        pass
    run = PointsmanRun(url, TABLE, tmp_path, auth_timeout="0.2s")
    run.wait_exit(3)
    (line,) = run.complaints
    assert "the broker's certificate is refused: " in line
    assert "Traceback" not in run.text
    stranger = Authority(tmp_path, "stranger")
    assert "certificate is refused" in refusal(url, tmp_path, amqp_ca_file=stranger.file)
    plain = refusal(url.replace("amqps:", "amqp:"), tmp_path)
    assert plain.startswith("pointsman: cannot connect to amqp://127.0.0.1:")


def test_verifying_can_be_turned_off_loudly(tls_node, authority, tmp_path):
    """With amqp_verify off anybody's certificate does, and every start warns of it."""
    url = tls_node(authority.sign("other", "DNS:other.example"))
    with PointsmanRun(url, TABLE, tmp_path, amqp_verify="false") as run:
        (warned,) = run.logged("configuration")
    assert "amqp_verify is off" in warned["problem"]
    done = applied(url, tmp_path, amqp_verify="false")
    assert done.returncode == 0
    assert "warning: amqp_verify is off" in done.stderr


@pytest.mark.parametrize(
    ("host", "expired", "why"),
    [("DNS:other.example", False, "IP address mismatch"), ("IP:127.0.0.1", True, "has expired")],
)
def test_a_certificate_for_something_else_is_refused(
    tls_node, authority, tmp_path, host, expired, why
):
    """A certificate for another host, or of the past, is refused in a line that says so."""
    url = tls_node(authority.sign(f"wrong-{expired}", host, expired=expired))
    assert why in refusal(url, tmp_path, amqp_ca_file=authority.file)


def test_a_broker_may_ask_for_our_certificate(tls_node, authority, tmp_path):
    """With a certificate of ours we are let in; without one the broker's refusal is told."""
    good = authority.sign("asking", "IP:127.0.0.1")
    ours = authority.sign("client", "DNS:client.example")
    url = tls_node(good, ask_client=True)
    said = refusal(url, tmp_path, amqp_ca_file=authority.file)
    # Which of the two is seen first is a matter of chance: the refusal, or the end behind it.
    assert "certificate required" in said or "amqp_cert_file?" in said
    files = {"amqp_cert_file": ours.certificate, "amqp_key_file": ours.key}
    assert applied(url, tmp_path, amqp_ca_file=authority.file, **files).returncode == 0


def test_the_doctor_looks_at_the_certificate(tls_node, authority, tmp_path):
    """The doctor tells until when a certificate is good, that nobody verifies it, and why it is refused."""
    url = tls_node(authority.sign("short", "IP:127.0.0.1"))
    code, found = diagnosed(url, tmp_path, amqp_ca_file=authority.file)
    assert code == 0
    assert "the broker's certificate is good until" in found["certificate_expires"]
    _, found = diagnosed(url, tmp_path, amqp_verify="false")
    assert {"tls_unverified", "broker_reached"} <= found.keys()
    code, found = diagnosed(url, tmp_path)
    assert code == 3
    assert "the broker's certificate is refused" in found["access_refused"]


def test_the_doctor_tells_of_a_certificate_that_has_ended(tls_node, authority, tmp_path):
    """A certificate of the past is why nobody gets in, and the doctor says so."""
    url = tls_node(authority.sign("past", "IP:127.0.0.1", expired=True))
    code, found = diagnosed(url, tmp_path, amqp_ca_file=authority.file)
    assert code == 3
    assert "has expired" in found["access_refused"]
