from base64 import b64decode
from hashlib import sha256

import pytest

from tests.broker.users import planned_users
from worker.broker_password import create_passwords, password_hash, read_password
from worker.failure import CommandFailed

USERS = planned_users("model: m")


def test_a_hash_is_what_rabbitmq_keeps():
    """Four bytes of salt, fresh each time, and the sha256 of salt and password."""
    kept = b64decode(password_hash("wörd"))
    assert kept[4:] == sha256(kept[:4] + "wörd".encode()).digest()
    assert len({password_hash("x") for _ in range(20)}) == 20


def test_passwords_are_made_once_and_for_their_owner(tmp_path):
    """Each user gets a long password of its own in a file of mode 0600; a second call keeps it."""
    folder = tmp_path / "a" / "passwords"
    written = create_passwords(folder, USERS)
    assert {path.name for path in written} == {user.password_file for user in USERS}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    passwords = {path: read_password(path) for path in written}
    assert len(set(passwords.values())) == len(written)
    assert min(map(len, passwords.values())) >= 40
    written[0].unlink()
    assert create_passwords(folder, USERS) == [written[0]]
    assert {path: read_password(path) for path in written[1:]}.items() <= passwords.items()


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path):
    """A file where the folder should be is one clear line."""
    (tmp_path / "there").touch()
    with pytest.raises(CommandFailed, match="there: cannot be written: File exists"):
        create_passwords(tmp_path / "there", USERS)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_line_end_is_no_part_of_a_password(tmp_path, end):
    """A file may end with a line end; spaces belong to the password."""
    file = tmp_path / "password"
    file.write_bytes(b" a word " + end.encode())
    assert read_password(file) == " a word "


@pytest.mark.parametrize("content", [None, b"", b"\n", b"canary-1\ncanary-2\n", b"canary\xff"])
def test_a_file_without_a_password_is_told_of(tmp_path, content):
    """What is missing, empty, more than a line or no text is one line, which quotes none of it."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match="password: ") as error:
        read_password(file)
    assert "canary" not in str(error.value)
    assert str(error.value).count("\n") == 0
