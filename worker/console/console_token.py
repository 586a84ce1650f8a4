"""The token that opens the console to those who have it, and the cookie that stands for it."""

import hmac
from hashlib import sha256
from pathlib import Path

COOKIE = "pointsman-console"
LASTS = 12 * 3600
"""Seconds for which a cookie opens the console."""
LEAST = 16
"""Characters of a token."""


class TokenNotHere(Exception):
    """The file holds no token that can be used; the text says why, and never quotes it."""


class ConsoleToken:
    """A token in a file, which is read for each question: it may be replaced at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def opens(self, token: str) -> bool:
        """Whether this is the token. Raises TokenNotHere."""
        return hmac.compare_digest(
            sha256(token.encode(errors="replace")).digest(), sha256(self._read()).digest()
        )

    def cookie(self, now: float) -> str:
        """Return what a browser keeps instead of the token. `now` is Unix time in seconds.

        Whoever holds the same token takes it: a page may be served by any worker. Raises
        TokenNotHere.
        """
        issued = str(int(now))
        return f"{issued}.{self._mark(issued)}"

    def takes(self, cookie: str, now: float) -> bool:
        """Whether a cookie is one of this token's, and not too old. Raises TokenNotHere."""
        issued, _, mark = cookie.partition(".")
        genuine = hmac.compare_digest(mark.encode(errors="replace"), self._mark(issued).encode())
        return genuine and 0 <= now - int(issued) <= LASTS

    def _mark(self, issued: str) -> str:
        return hmac.new(
            self._read(), f"{COOKIE} {issued}".encode(errors="replace"), sha256
        ).hexdigest()

    def _read(self) -> bytes:
        try:
            token = self._path.read_bytes().strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise TokenNotHere(f"console_token_file cannot be read: {why}") from None
        if len(token) < LEAST or b"\n" in token:
            raise TokenNotHere(
                f"console_token_file is not a token: one line of {LEAST} characters or more"
            )
        return token
