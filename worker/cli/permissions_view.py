"""The broker's users as lines for a shell: rabbitmqctl, and what each user is for."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from worker.broker_user import BrokerUser, Role
from worker.cli.plain import plain

_HEAD = """\
# What Pointsman's users of RabbitMQ need and no more, in virtual host {vhost}. Run it with sh where
# rabbitmqctl works. A user that exists keeps its password (`rabbitmqctl change_password` changes
# it), and gets these permissions."""
_NO_FOLDER = """\
# PASSWORDS is a folder with a file for each user; --create-passwords makes one.
: "${PASSWORDS:?the folder of the passwords}\""""
_ROLES = {
    Role.WORKER: """\
# ---- The workers, with what a changed table may add: `in.*`, `inbound.*`, `inbound@*`, `turns.*`.
# For `topology repartition`, `capture` and `run --shadow` take a user of your own.""",
    Role.FEEDER: """\
# ---- Feeders: each may publish to its platform's exchange and do nothing else. Where the table
# lists a user under `publishers` of the platform, every message has to say its name.""",
    Role.RUNNER: """\
# ---- Runners: each may consume its queue and do nothing else. Where they are to answer, let them
# write to an exchange for answers as well (the second of the three expressions). Not to the default
# exchange, `amq.default`: whoever may write to that may write to every queue.""",
    Role.OPERATOR: """\
# ---- Operators: `pointsman dead`. Nobody else may write to the exchange for what is redriven: what
# comes from there is taken for whatever it says it was.""",
}


def permission_lines(vhost: str, users: Iterable[BrokerUser], folder: Path | None) -> Iterator[str]:
    """Return a script's lines; passwords are read from files, and stand in no command."""
    yield _HEAD.format(vhost=plain(vhost))
    if folder is None:
        yield _NO_FOLDER
    role = None
    for user in users:
        yield ""
        if user.role is not role:
            role = user.role
            yield _ROLES[role]
            yield ""
        yield f"# {plain(user.purpose)}"
        # Two words and no more: with a third RabbitMQ 4 does not read standard input.
        yield f"rabbitmqctl add_user {quote(user.name)} < {_file(user, folder)}"
        patterns = (user.configure.pattern, user.write.pattern, user.read.pattern)
        yield (
            f"rabbitmqctl set_permissions -p {quote(vhost)} {quote(user.name)}"
            f" {' '.join(map(quote, patterns))}"
        )
        if user.limits:
            limits = quote(json.dumps(dict(user.limits)))
            yield f"rabbitmqctl set_user_limits {quote(user.name)} {limits}"


def _file(user: BrokerUser, folder: Path | None) -> str:
    if folder is None:
        return f'"$PASSWORDS"/{quote(user.password_file)}'
    return quote(str(folder.absolute() / user.password_file))
