"""Who may see the console, and who may ask it something."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

from worker.console.console_token import COOKIE, ConsoleToken, TokenNotHere

_BEARER = "bearer "
_LOCAL = "localhost"
SET_A_TOKEN = (
    "the console is not open on this address without a token: name a file that holds one by the"  # noqa: S105
    " setting console_token_file, or have http listen on 127.0.0.1"
)


class Answer(Enum):
    """What becomes of a request."""

    COME_IN = "come in"
    SIGN_IN = "sign in"
    """The token is missing, or another."""
    STAY_OUT = "stay out"


@dataclass(frozen=True, slots=True)
class Ruling:
    """An answer, and a line that says why."""

    answer: Answer
    why: str = ""


class Doorman:
    """Lets in who has the token, and without one whoever is on this machine.

    A page of another site must not get in by having its name resolve to this machine: where we
    listen on loopback, the request has to name loopback as well.
    """

    def __init__(self, host: str, token: ConsoleToken | None) -> None:
        """`host` is where we listen."""
        self._loopback = is_loopback(host)
        self._token = token

    @property
    def lets_anybody_in(self) -> bool:
        """Whether there is anybody who may see the console."""
        return self._loopback or self._token is not None

    def judge(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Ruling:
        """Return whether a request may see the console."""
        if self._loopback and not is_loopback(_host_of(headers.get("Host", ""))):
            return Ruling(Answer.STAY_OUT, "the request names another host than this machine")
        if self._token is None:
            return Ruling(Answer.COME_IN) if self._loopback else _STAY_OUT
        given, cookie = headers.get("Authorization", ""), cookies.get(COOKIE)
        try:
            if given.lower().startswith(_BEARER):
                known = self._token.opens(given[len(_BEARER) :].strip())
            else:
                known = cookie is not None and self._token.takes(cookie, time.time())
        except TokenNotHere as error:
            return Ruling(Answer.STAY_OUT, str(error))
        return Ruling(Answer.COME_IN) if known else Ruling(Answer.SIGN_IN, "the token is wanted")

    def cookie_for(self, token: str) -> str | None:
        """Return the cookie for who gives the token, None for who does not.

        Raises TokenNotHere.
        """
        if self._token is None or not self._token.opens(token):
            return None
        return self._token.cookie(time.time())


_STAY_OUT = Ruling(Answer.STAY_OUT, SET_A_TOKEN)


def is_of_this_page(headers: Mapping[str, str]) -> bool:
    """Whether a request that asks for something comes from our own page, or from no page at all.

    Browsers say where it is from; what does not is a program, which no other site can drive.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("Origin")
    host = headers.get("Host", "").lower()
    return origin is None or (host != "" and _netloc(origin) == host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as seen from itself alone."""
    if host.lower() == _LOCAL:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(header: str) -> str:
    """Return the host of a `Host` header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
