"""`pointsman topology permissions`: the broker's users, each with what it needs and no more."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.amqp.broker_url import vhost_of
from worker.broker_definitions import broker_definitions
from worker.broker_password import NO_PASSWORD, create_passwords, password_hash, read_password
from worker.broker_user import BrokerUser
from worker.broker_users import plan_users
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.output_format import OutputFormat
from worker.cli.permissions_view import permission_lines
from worker.cli.read_settings import read_settings
from worker.cli.setting_options import with_setting_options
from worker.cli.topology import app
from worker.config_file import load_config
from worker.failure import CommandFailed
from worker.topology import plan_topology


@app.command()
@with_setting_options("amqp_url", "prefix", "partitions")
def permissions(
    config: ConfigOption = DEFAULT_CONFIG,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
    vhost: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where; that of amqp_url if not given.")
    ] = None,
    passwords: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A file for each user: its password.")
    ] = None,
    create: Annotated[
        Path | None,
        typer.Option(
            "--create-passwords", metavar="DIR", help="Likewise; files that are missing are made."
        ),
    ] = None,
    **flags: Any,
) -> None:
    """Print the broker's users: for the workers, each feeder, each queue of a model, operators.

    As lines for rabbitmqctl, or with --format json as RabbitMQ's definitions, for load_definitions
    or `rabbitmqctl import_definitions`. Definitions hold salted hashes of the passwords; without
    --passwords or --create-passwords they let nobody in. Needs no broker, and changes none.

    Example:  pointsman topology permissions --create-passwords passwords > users.sh

    Example:  pointsman topology permissions --passwords passwords --format json > users.json
    """
    loaded = load_config(config, os.environ)
    settings = read_settings(loaded, flags)
    users = plan_users(loaded.table, plan_topology(loaded.table, settings), settings.prefix)
    where = vhost_of(settings.amqp_url[0]) if vhost is None else vhost
    if create is not None:
        if passwords is not None:
            raise CommandFailed("--passwords and --create-passwords: say one of them")
        written = create_passwords(create, users)
        what = "password" if len(written) == 1 else "passwords"
        sys.stderr.write(f"{len(written)} {what} written to {create}\n")
    folder = create or passwords
    if output is OutputFormat.JSON:
        definitions = broker_definitions(where, users, _hashes(users, folder))
        typer.echo(json.dumps(definitions, indent=2))
        return
    if folder is not None:
        _hashes(users, folder)  # what is missing is told now, not by rabbitmqctl
    for line in permission_lines(where, users, folder):
        typer.echo(line)


def _hashes(users: Sequence[BrokerUser], folder: Path | None) -> dict[str, str]:
    """Return by user name what RabbitMQ keeps of its password. Raises CommandFailed."""
    if folder is None:
        return dict.fromkeys((user.name for user in users), NO_PASSWORD)
    hashes, wrong = {}, []
    for user in users:
        try:
            hashes[user.name] = password_hash(read_password(folder / user.password_file))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        hint = "take away first what is no password; --create-passwords makes what is missing"
        raise CommandFailed("\npointsman: ".join([*wrong, hint]))
    return hashes
