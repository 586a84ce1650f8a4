"""A user of the broker, and what it is permitted: regular expressions, as RabbitMQ takes them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@~-]*")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._@-]")
_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\]")
_LONGEST = 100
_KEPT = 60
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Names:
    """Names of exchanges and queues: these, and all that begin with one of the beginnings."""

    exact: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str], beginnings: Iterable[str] = ()) -> "Names":
        """Return these names, as beginnings where one of those fits."""
        given = frozenset(names)
        used = frozenset(b for b in beginnings if any(name.startswith(b) for name in given))
        return cls(frozenset(n for n in given if not n.startswith(tuple(used))), used)

    @property
    def pattern(self) -> str:
        """The regular expression for `set_permissions`; empty, which fits nothing, if none is."""
        alternatives = []
        if self.exact:
            exact = "|".join(_escaped(name) for name in sorted(self.exact))
            # Not `$`, which also fits before a line feed at the end.
            alternatives.append(f"({exact})\\z" if len(self.exact) > 1 else f"{exact}\\z")
        alternatives += [_escaped(beginning) for beginning in sorted(self.beginnings)]
        if not alternatives:
            return ""
        whole = "|".join(alternatives)
        return f"^({whole})" if len(alternatives) > 1 else f"^{whole}"


NONE = Names()


class Role(Enum):
    """What a user is for."""

    WORKER = "worker"
    FEEDER = "feeder"
    RUNNER = "runner"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user, what it is for in a line, and the names it may configure, write to and read from."""

    name: str
    role: Role
    purpose: str
    configure: Names = NONE
    write: Names = NONE
    read: Names = NONE
    limits: Mapping[str, int] = field(default_factory=dict)
    """As `rabbitmqctl set_user_limits` takes them."""

    @property
    def password_file(self) -> str:
        """The name of the file its password is in: the user's own, where a file may be named so."""
        name = self.name
        if len(name) <= _LONGEST and _FILE.fullmatch(name):
            return name
        return plain_name(name).replace("~", "+")  # a `~` may be part of another user's name


def plain_name(text: str) -> str:
    """Return the text if it is short and plain, else a stand-in that no other text has.

    The stand-in has a `~`, and a plain text has none.
    """
    if len(text) <= _LONGEST and _PLAIN.fullmatch(text):
        return text
    cleaned = _NOT_PLAIN.sub("-", text)[:_KEPT]
    return f"{cleaned}~{sha256(text.encode()).hexdigest()[:_DIGEST]}"


def _escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", name)
