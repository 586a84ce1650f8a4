import json
import threading
from pathlib import Path

import pytest

from contracts.credentials import CredentialError, resolve

CANARY = "canary-4711"


def test_no_reference_is_no_key():
    """A runtime without a credential needs no key."""
    assert resolve(None) is None


def test_env_is_the_runners_environment(monkeypatch):
    """`env:NAME` is a variable of the process, or of the mapping given in its place."""
    monkeypatch.setenv("SOME_KEY", CANARY)
    assert resolve("env:SOME_KEY") == CANARY
    assert resolve("env:SOME_KEY", environ={"SOME_KEY": "canary-other"}) == "canary-other"


def test_file_is_read_each_time(tmp_path):
    """`file:PATH` is the file's content without the space around it, read again when it changed."""
    path = tmp_path / "a:key"
    path.write_text(f" {CANARY}\n")
    assert resolve(f"file:{path}") == CANARY
    path.write_text("canary-rotated")
    assert resolve(f"file:{path}") == "canary-rotated"


def test_a_mounted_secret_may_rotate(tmp_path):
    """A link that is replaced in one step, as Kubernetes does it, gives the old key or the new one, never none."""
    for number in range(2):
        (tmp_path / f"version-{number}").mkdir()
        (tmp_path / f"version-{number}" / "key").write_text(f"{CANARY}-{number}\n")
    (tmp_path / "data").symlink_to("version-0")
    (tmp_path / "key").symlink_to(Path("data", "key"))
    done = threading.Event()

    def rotate():
        for number in range(200):
            (tmp_path / "next").symlink_to(f"version-{number % 2}")
            (tmp_path / "next").replace(tmp_path / "data")
        done.set()

    seen = {resolve(f"file:{tmp_path}/key")}
    rotating = threading.Thread(target=rotate)
    rotating.start()
    while not done.is_set():
        seen.add(resolve(f"file:{tmp_path}/key"))
    rotating.join()
    seen.add(resolve(f"file:{tmp_path}/key"))
    assert seen == {f"{CANARY}-0", f"{CANARY}-1"}


def test_a_file_that_is_written_in_place_is_read_as_far_as_it_is(tmp_path):
    """An empty file is no key, and a part of one is taken for the whole: files are to be replaced."""
    path = tmp_path / "key"
    with path.open("w") as file:
        file.flush()
        with pytest.raises(CredentialError):
            resolve(f"file:{path}")
        file.write(CANARY[:6])
        file.flush()
        assert resolve(f"file:{path}") == CANARY[:6]
        file.write(CANARY[6:])
        file.flush()
        assert resolve(f"file:{path}") == CANARY


def test_config_is_from_the_exported_file(tmp_path):
    """`config:PATH` is looked up, by the whole reference, in the file that was exported."""
    exported = tmp_path / "keys.json"
    exported.write_text(json.dumps({"config:model.routes[0].api_key": CANARY}))
    assert resolve("config:model.routes[0].api_key", exported=exported) == CANARY


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:UNSET", "env:UNSET"),
        ("env:EMPTY", "env:EMPTY"),
        ("file:{tmp}/missing", "{tmp}/missing"),
        ("file:{tmp}", "{tmp}"),
        ("file:{tmp}/empty", "file:{tmp}/empty"),
        ("file:{tmp}/binary", "not UTF-8"),
        ("config:model.api_key", "pointsman credentials export"),
    ],
)
def test_what_is_not_here_is_named(reference, words, tmp_path):
    """An error says which reference cannot be resolved."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialError) as caught:
        resolve(reference.format(tmp=tmp_path), environ={"EMPTY": ""})
    assert words.format(tmp=tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{", "{}", '{"config:a": ""}', '{"config:a": 7}', '{"a": "x"}']
)
def test_an_exported_file_without_the_key_is_an_error(content, tmp_path):
    """A file that does not hold the key, or is no export, is an error that names it or the key."""
    exported = tmp_path / "keys.json"
    exported.write_text(content)
    with pytest.raises(CredentialError, match=r"config:a|keys\.json"):
        resolve("config:a", exported=exported)


@pytest.mark.parametrize(
    "reference", [CANARY, f"key:{CANARY}", "", "env:", "file:", "config:", ":x"]
)
def test_what_is_no_reference_is_not_repeated(reference):
    """What is not a reference may be a key, so the error does not say it."""
    with pytest.raises(CredentialError) as caught:
        resolve(reference)
    assert "env:NAME" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_errors_hold_no_key(tmp_path):
    """No error quotes what it found where a key was looked for."""
    exported = tmp_path / "keys.json"
    exported.write_text(CANARY)
    with pytest.raises(CredentialError) as caught:
        resolve("config:a", exported=exported)
    assert CANARY not in repr(caught.value)
    assert caught.value.__cause__ is None
