import ssl

import pytest

from tests.broker.certificates import Authority
from worker.amqp.broker_url import vhost_of, with_password
from worker.broker_access import BrokerAccess, contradiction, unverified
from worker.settings import Settings


def settings(**given: str) -> Settings:
    return Settings.load(given, {}, {})


def test_tls_verifies_unless_told_otherwise():
    """A broker has to show a certificate for its host, unless `amqp_verify` is off."""
    usual = BrokerAccess.of(settings()).tls()
    assert (usual.verify_mode, usual.check_hostname) == (ssl.CERT_REQUIRED, True)
    off = BrokerAccess.of(settings(amqp_verify="false")).tls()
    assert (off.verify_mode, off.check_hostname) == (ssl.CERT_NONE, False)


def test_only_the_authority_that_is_named_is_trusted(tmp_path):
    """With `amqp_ca_file` the authorities of the system count no more."""
    authority = Authority(tmp_path, "one")
    context = BrokerAccess.of(settings(amqp_ca_file=str(authority.file))).tls()
    (trusted,) = context.get_ca_certs()
    assert trusted["subject"] == ((("commonName", "one"),),)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
@pytest.mark.parametrize("content", [None, "canary"])
def test_a_file_that_cannot_be_used_is_one_line(tmp_path, name, content):
    """A file that is missing or is no certificate is told of by setting and name, in a line."""
    file = tmp_path / "file.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=f"amqp_{name}: .*file.pem: cannot be used: ") as error:
        BrokerAccess.of(settings(**{f"amqp_{name}": str(file)})).tls()
    assert "canary" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_password_is_read_each_time(tmp_path):
    """A password's file may be replaced; without one there is no password but the URL's."""
    file = tmp_path / "password"
    access = BrokerAccess.of(settings(amqp_password_file=str(file)))
    for password in ("first", "second"):
        file.write_text(f"{password}\n")
        assert access.password() == password
    assert BrokerAccess().password() is None


def test_a_password_in_place_of_its_file_is_not_told(tmp_path):
    """A bare name that is no file may be the password itself; a path is told as it is."""
    with pytest.raises(ValueError, match="amqp_password_file: names no file") as caught:
        BrokerAccess.of(settings(amqp_password_file="canary-1")).password()
    assert "canary" not in str(caught.value)
    with pytest.raises(ValueError, match="absent: cannot be read"):
        BrokerAccess.of(settings(amqp_password_file=str(tmp_path / "absent"))).password()


def test_what_does_not_go_together_is_told():
    """A key without its certificate, and TLS files beside a URL without TLS, are mistakes."""
    assert contradiction(settings()) is None
    tls = {"amqp_url": "amqps://u@h/,amqps://u@h2/"}
    assert contradiction(settings(**tls, amqp_ca_file="a", amqp_cert_file="c")) is None
    assert "amqp_key_file" in (contradiction(settings(**tls, amqp_key_file="k")) or "")
    mixed = {"amqp_url": "amqps://u@h/,amqp://u@h2/"}
    for name in ("amqp_ca_file", "amqp_cert_file"):
        assert name in (contradiction(settings(**mixed, **{name: "f"})) or "")


def test_no_verification_is_warned_of():
    """With `amqp_verify` off there is a line to warn with, else none."""
    assert unverified(settings()) == ()
    (line,) = unverified(settings(amqp_verify="no"))
    assert line.startswith("amqp_verify is off")


def test_a_password_goes_into_the_url_as_it_is():
    """Any password is escaped as a URL needs it, in place of one that was there."""
    assert with_password("amqp://u@h:1/v", "a/b@c#d%") == "amqp://u:a%2Fb%40c%23d%25@h:1/v"
    assert with_password("amqps://u:old@h/", "new") == "amqps://u:new@h/"
    with pytest.raises(ValueError, match="names no user"):
        with_password("amqp://h/", "canary")


@pytest.mark.parametrize(
    ("url", "vhost"),
    [("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h/a%2Fb", "a/b"), ("amqp://h/a%20b", "a b")],
)
def test_a_vhost_is_what_the_url_names(url, vhost):
    """The virtual host is the URL's path without its first slash; without one it is `/`."""
    assert vhost_of(url) == vhost
