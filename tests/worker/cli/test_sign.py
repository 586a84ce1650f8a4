import io
import json
import sys
from uuid import uuid4

import pytest

from contracts import Signature, sign
from worker.cli.app import main

BODY = b'{"text": "hello"}\n'
NOW = 1_770_000_000
TIME = ("--ts", NOW)


@pytest.fixture
def key(monkeypatch):
    made = f"canary-{uuid4().hex}"
    monkeypatch.setenv("KEY", made)
    return made


@pytest.fixture
def pointsman(tmp_path, monkeypatch, capsys, key):
    """Runs `pointsman sign` with a body on standard input; no key is ever in what it says."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, body=BODY):
        monkeypatch.setattr(sys, "argv", ["pointsman", "sign", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert key not in output.out + output.err
        return ended.value.code or 0, output.out, output.err

    return call


USUAL = ("--kid", "k1", "--key-env", "KEY", "--message-id", "m-1")
CHECK = ("--key-env", "KEY", "--message-id", "m-1")


def test_a_body_is_signed_byte_for_byte(pointsman, key, tmp_path):
    """The header value of standard input, or of a file, is printed, the line end at its end signed."""
    expected = sign(key.encode(), "k1", "m-1", BODY, NOW)
    assert pointsman(*USUAL, *TIME) == (0, f"{expected}\n", "")
    (tmp_path / "body.json").write_bytes(BODY)
    assert pointsman("body.json", *USUAL, *TIME, body=b"") == (0, f"{expected}\n", "")
    assert pointsman(*USUAL, *TIME, body=BODY.strip())[1] != f"{expected}\n"


def test_a_key_may_be_in_a_file(pointsman, key, tmp_path):
    """The key in a file is its text without the line end."""
    (tmp_path / "key").write_text(f"{key}\n", encoding="utf-8")
    asked = ("--kid", "k1", "--message-id", "m-1", *TIME)
    expected = sign(key.encode(), "k1", "m-1", BODY, NOW)
    assert pointsman("--key-file", "key", *asked)[1] == f"{expected}\n"


def test_for_programs_the_properties_are_json(pointsman, key):
    """As JSON it is what an envelope has for its properties."""
    code, out, _ = pointsman(*USUAL, *TIME, "--format", "json")
    value = sign(key.encode(), "k1", "m-1", BODY, NOW)
    assert code == 0
    assert json.loads(out) == {"message_id": "m-1", "headers": {"x-signature": value}}


def test_it_is_signed_now(pointsman):
    """Without a time given, what was signed is valid at once."""
    value = pointsman(*USUAL)[1].strip()
    assert pointsman(*CHECK, "--verify", value) == (
        0,
        f"valid: signed with k1 at {Signature.parse(value).ts}\n",
        "",
    )


def test_a_valid_signature_as_json(pointsman):
    """For programs the answer names the key and the time."""
    value = pointsman(*USUAL, *TIME)[1].strip()
    out = pointsman(*CHECK, *TIME, "--verify", value, "--format", "json")[1]
    assert json.loads(out) == {"valid": True, "kid": "k1", "ts": NOW}


@pytest.mark.parametrize(
    ("asked", "body", "says"),
    [
        ((*CHECK, *TIME), BODY + b" ", "does not fit"),
        (("--key-env", "KEY", "--message-id", "m-2", *TIME), BODY, "does not fit"),
        ((*CHECK, "--ts", NOW + 301), BODY, "301 s ago"),
        ((*CHECK, "--ts", NOW - 301), BODY, "301 s ahead"),
        ((*CHECK, *TIME, "--kid", "k2"), BODY, "kid is another"),
    ],
)
def test_which_part_does_not_hold_is_said(asked, body, says, pointsman):
    """A signature that is not valid is exit code 1 and one line that says what is wrong."""
    value = pointsman(*USUAL, *TIME)[1].strip()
    code, out, err = pointsman(*asked, "--verify", value, body=body)
    assert (code, out) == (1, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert value.rpartition("=")[0][-20:] not in err


def test_a_header_of_another_form_is_not_valid(pointsman):
    """What is not spelled as a signature is told so."""
    code, _, err = pointsman(*CHECK, "--verify", "v1;kid=k1")
    assert code == 1
    assert "not of the form" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--kid", "k1", "--message-id", "m"), "which key?"),
        ((*USUAL, "--key-file", "x"), "which key?"),
        (CHECK, "which key is it? --kid"),
        (("--kid", "a;b", *CHECK), "kid"),
        (("--kid", "k1", "--key-env", "KEY", "--message-id", ""), "message_id is missing"),
        (("--kid", "k1", "--key-env", "NO_KEY", "--message-id", "m"), "the variable is not set"),
        (("--kid", "k1", "--key-env", "secret value", "--message-id", "m"), "name of a variable"),
        (("--kid", "k1", "--key-file", "secret", "--message-id", "m"), "no such file"),
        ((*USUAL, "--ts", "-1"), "ts is not a time"),
        (("nowhere", *USUAL), "nowhere: No such file"),
    ],
)
def test_what_people_do_wrong_is_one_line(arguments, says, pointsman):
    """What cannot be signed ends with exit code 2 and one line, which quotes no key."""
    code, out, err = pointsman(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert "secret" not in err


def test_a_short_key_is_a_warning(pointsman, monkeypatch):
    """A weak key signs, and standard error says that it is weak."""
    monkeypatch.setenv("KEY", "abc")
    code, out, err = pointsman(*USUAL)
    assert code == 0
    assert out.startswith("v1;")
    assert "the key has 3 bytes" in err
