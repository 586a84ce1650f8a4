"""The passwords of the broker's users: a file each, and what RabbitMQ keeps of them."""

import os
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes, token_urlsafe

from worker.broker_user import BrokerUser
from worker.failure import CommandFailed

HASHING = "rabbit_password_hashing_sha256"
NO_PASSWORD = ""
"""The hash that RabbitMQ keeps for a user whom no password lets in."""
_SALT = 4


def read_password(path: Path) -> str:
    """Return the password in a file, without the line feed at its end.

    Raises ValueError, in one line that does not quote the file, if there is none to be had.
    """
    try:
        password = path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        password = ""
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{path}: cannot be read: {why}") from None
    if not password or "\n" in password or "\0" in password:
        raise ValueError(f"{path}: is not a password: one line of text")
    return password


def password_hash(password: str) -> str:
    """Return what RabbitMQ keeps: a fresh salt, and the sha256 of salt and password."""
    salt = token_bytes(_SALT)
    return b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def create_passwords(folder: Path, users: Iterable[BrokerUser]) -> list[Path]:
    """Write a random password for each user without a file, and return the files written.

    Raises CommandFailed if that cannot be done.
    """
    written = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for user in users:
            path = folder / user.password_file
            try:
                # Not over another's: two set-ups at once would each know its own.
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"{token_urlsafe(32)}\n")
            written.append(path)
    except OSError as error:
        raise CommandFailed(f"{folder}: cannot be written: {error.strerror}") from None
    return written
