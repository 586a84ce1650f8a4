import tempfile
from pathlib import Path

import pytest

from tests.worker.doctor.judged import ids
from worker.config_file import load_config
from worker.doctor.key_facts import key_facts
from worker.doctor.key_findings import KeyFacts, key_findings


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ({}, []),
        ({"env:A": True, "env:B": True}, ["credentials_here"]),
        ({"env:A": False, "env:B": False}, ["credentials_elsewhere"]),
        ({"env:A": True, "env:B": False}, ["credentials_missing"]),
    ],
)
def test_credentials_matter_where_some_of_them_are(here, expected):
    """A worker needs no credential, so only a machine that has some of them lacks the others."""
    found = list(key_findings(KeyFacts(credentials=here)))
    assert ids(found) == expected
    if expected == ["credentials_missing"]:
        assert "1 of 2 credentials" in found[0].text
        assert found[0].text.endswith("env:B")


def test_signing_keys_are_a_workers_own():
    """A signing key that is not here is a problem, since no worker starts without it."""
    facts = KeyFacts(signing=2, signing_missing=("k1: missing",), signing_doubts=("k2: short",))
    found = ids(key_findings(facts))
    assert found == ["signing_key_missing", "signing_key_doubtful", "signing_keys_here"]


def test_each_file_that_others_may_read_is_a_warning():
    """Every file with a secret in it that everybody may read has a line, with what to do."""
    found = list(key_findings(KeyFacts(open_files=("/etc/a.yaml", "/run/key"))))
    assert ids(found) == ["secret_file_open"] * 2
    assert "/run/key" in found[1].text
    assert found[1].todo is not None
    assert "chmod o-r /run/key" in found[1].todo


@pytest.fixture
def folder():
    """A folder that everybody may enter: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def facts(folder):
    """The facts about a table's keys: `facts(text, mode)`."""
    path = folder / "pointsman.yaml"

    def gather(text, mode=0o600, environ=None, **flags):
        path.write_text(text, "utf-8")
        path.chmod(mode)
        environ = environ or {}
        config = load_config(path, environ)
        return key_facts(config, config.settings(flags, environ), path, environ)

    return gather


def test_references_are_looked_up_without_keeping_a_key(facts, tmp_path):
    """Each reference is here or not, signing keys apart, and no key is in what is kept."""
    (tmp_path / "key").write_text("canary-key", "utf-8")
    table = f"""
model: {{default: m, api_key_env: HERE}}
runtimes:
  a: {{model: a, api_key_env: GONE}}
  b: {{model: b, api_key_file: {tmp_path}/key}}
  c: {{model: c, api_key_file: {tmp_path}/gone}}
  d: {{model: d, api_key: canary-written}}
platforms: {{webhook: {{signing_keys: {{k: env:SIGN}}}}}}
"""
    found = facts(table, environ={"HERE": "canary-here"})
    assert found.credentials == {
        "env:HERE": True,
        "env:GONE": False,
        f"file:{tmp_path}/key": True,
        f"file:{tmp_path}/gone": False,
        "config:runtimes.d.api_key": True,
    }
    assert len(found.signing_missing) == 1
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("model: m\nworker: {amqp_url: 'amqp://u:secret@h/'}", True),
        ("model: m\nworker: {amqp_url: 'amqp://u@h/'}", False),
        ("model: m\nworker: {amqp_url: '${URL}'}", False),
        ("model: {default: m, api_key: written}", True),
        ("model: {default: m, api_key_env: A}", False),
    ],
)
def test_a_table_with_a_secret_that_everybody_may_read_is_told(facts, folder, text, holds):
    """A password or key in the file counts once others may read it, and a variable's does not."""
    environ = {"URL": "amqp://u:secret@h/"}
    expected = (str(folder / "pointsman.yaml"),) if holds else ()
    assert facts(text, 0o644, environ).open_files == expected
    assert facts(text, 0o640, environ).open_files == ()
    folder.chmod(0o700)
    assert facts(text, 0o644, environ).open_files == ()
