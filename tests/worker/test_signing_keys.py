import os

import pytest

from worker.config_file import load_config
from worker.pipeline.judge_signature import KeyNotHere
from worker.settings import Settings
from worker.signing_keys import SigningKeys

LONG = "0123456789abcdef" * 2


class Told(list):
    """Everything that was told, in order."""

    def say(self, event, **fields):
        self.append((event, fields))


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def keys(told):
    found = SigningKeys({"K": f" {LONG}\n", "SHORT": "abc", "EMPTY": " ", "RAW": "\udcff"})
    found.inform = found.warn = told.say
    return found


@pytest.fixture
def file(tmp_path):
    return tmp_path / "key"


def put(file, text):
    """Replace a file the way it ought to be done."""
    fresh = file.with_name("fresh")
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(file)


def test_a_key_is_the_text_without_white_space(keys, file):
    """Variables and files hold the same key, with or without a line end."""
    put(file, f"{LONG}\n")
    assert keys("env:K") == keys(f"file:{file}") == LONG.encode()


@pytest.mark.parametrize("name", ["NO", "EMPTY", "RAW"])
def test_a_variable_without_a_key_is_told_by_its_name(name, keys):
    """What is not set, empty or no text is no key, and only the reference is quoted."""
    with pytest.raises(KeyNotHere, match=f"the key env:{name} is not here"):
        keys(f"env:{name}")


def test_a_file_without_a_key_is_told_by_its_path(keys, file):
    """A file that is missing, empty or no text is no key."""
    with pytest.raises(KeyNotHere, match="there is no such file"):
        keys(f"file:{file}")
    for content in (b"", b" \n", b"\xff"):
        file.write_bytes(content)
        with pytest.raises(KeyNotHere, match="cannot be read, or holds no text"):
            keys(f"file:{file}")


def test_a_pipe_is_no_key_file(keys, file):
    """What may take for ever to read is refused unread; in a key file's place, the last key stays."""
    file.write_text("k" * 32)
    assert keys(f"file:{file}") == b"k" * 32
    file.unlink()
    os.mkfifo(file)
    assert keys(f"file:{file}") == b"k" * 32
    with pytest.raises(KeyNotHere, match="it is no file"):
        SigningKeys({})(f"file:{file}")


def test_a_file_that_changes_is_read_again(keys, file, told):
    """A key that was rotated is used from the next message on, and that is told once."""
    put(file, LONG)
    assert keys(f"file:{file}") == LONG.encode()
    put(file, LONG[::-1])
    assert keys(f"file:{file}") == keys(f"file:{file}") == LONG[::-1].encode()
    assert told == [("signing key changed", {"key": f"file:{file}"})]


def test_a_file_that_does_not_change_is_not_read_again(keys, file, monkeypatch):
    """Between two changes a file is only looked at."""
    put(file, LONG)
    keys(f"file:{file}")
    monkeypatch.setattr("worker.signing_keys.resolve", None)
    assert keys(f"file:{file}") == LONG.encode()


def test_the_last_key_stays_while_its_file_is_gone(keys, file, told):
    """A vanished or empty file keeps its last key in use, which is told once each time."""
    reference = f"file:{file}"
    put(file, LONG)
    keys(reference)
    for _ in range(2):
        file.unlink()
        assert keys(reference) == keys(reference) == LONG.encode()
        put(file, " ")
        assert keys(reference) == LONG.encode()
        put(file, LONG)
        assert keys(reference) == LONG.encode()
    assert [event for event, _ in told] == ["the last signing key stays in use"] * 2
    assert LONG not in repr(told)


def test_a_rotated_key_that_is_short_is_told(keys, file, told):
    """A key that becomes a weak one is a warning, with its length."""
    put(file, LONG)
    keys(f"file:{file}")
    put(file, "abc")
    assert keys(f"file:{file}") == b"abc"
    assert told[-1] == ("short signing key", {"key": f"file:{file}", "bytes": 3, "wanted": 32})


def test_no_key_is_shown(keys, file):
    """Neither the object nor what it holds shows a key."""
    put(file, LONG)
    keys(f"file:{file}")
    assert LONG not in f"{keys!r} {list(keys._held.values())!r}"


def config(tmp_path, listed):
    path = tmp_path / "t.yaml"
    path.write_text(f"model: m\nplatforms: {{webhook: {{signing_keys: {listed}}}}}", "utf-8")
    return load_config(path, os.environ)


def test_every_key_that_is_missing_has_a_line(keys, tmp_path):
    """Each names the table, the place in it and the reference."""
    found = config(tmp_path, "{k1: env:K, k2: env:NO, k3: 'file:/no/such'}")
    unset = "the key env:NO is not here (the variable is not set, empty, or not UTF-8)"
    gone = "the key file:/no/such is not here (there is no such file)"
    assert keys.missing(found) == (
        f"{tmp_path}/t.yaml: error: `platforms.webhook.signing_keys.k2`: {unset}",
        f"{tmp_path}/t.yaml: error: `platforms.webhook.signing_keys.k3`: {gone}",
    )
    assert keys.missing(config(tmp_path, "{k1: env:K}")) == ()


def test_a_key_in_use_whose_file_is_gone_is_missing(keys, tmp_path, file):
    """What is asked for at a start or a reload is what is there now."""
    put(file, LONG)
    found = config(tmp_path, f"{{k1: 'file:{file}'}}")
    assert keys.missing(found) == ()
    file.unlink()
    assert len(keys.missing(found)) == 1
    assert keys(f"file:{file}") == LONG.encode()


def test_short_keys_and_a_short_window_are_doubtful(keys, tmp_path):
    """A key under 32 bytes is a warning, and so is a window shorter than signatures hold."""
    usual = Settings.load({}, {}, {})
    assert keys.warnings(config(tmp_path, "{k1: env:K}"), usual) == ()
    (line,) = keys.warnings(config(tmp_path, "{k1: env:K, k2: env:SHORT}"), usual)
    assert line.endswith(
        "warning: `platforms.webhook.signing_keys.k2`: the key has 3 bytes; a strong one has 32"
    )
    brief = Settings.load({"window_age": "9m"}, {}, {})
    (line,) = keys.warnings(config(tmp_path, "{k1: env:K}"), brief)
    assert "signatures hold for up to 600 s" in line
    assert keys.warnings(config(tmp_path, "{}"), brief) == ()
