"""Which keys are here, found out without keeping any."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from contracts.credentials import CredentialError, resolve
from routing.table import RoutingTable
from worker.config_file import Config
from worker.credential_uses import credential_uses
from worker.doctor.key_findings import KeyFacts
from worker.settings import Settings
from worker.signing_keys import SigningKeys

_FILE = "file:"


def key_facts(
    config: Config, settings: Settings, path: Path, environ: Mapping[str, str]
) -> KeyFacts:
    """Look for every key that a table refers to; `path` is the table's file."""
    table, keys = config.table, SigningKeys(environ)
    signing = _signing(table)
    others = [reference for reference in credential_uses(table) if reference not in signing]
    return KeyFacts(
        signing=sum(len(listed) for listed in table.signing_keys.values()),
        signing_missing=keys.missing(config),
        signing_doubts=keys.warnings(config, settings),
        credentials={each: _is_here(each, config, environ) for each in others},
        open_files=tuple(str(each) for each in _open(config, settings, path, signing)),
    )


def _signing(table: RoutingTable) -> set[str]:
    return {reference for listed in table.signing_keys.values() for reference in listed.values()}


def _is_here(reference: str, config: Config, environ: Mapping[str, str]) -> bool:
    if reference in config.written_keys:
        return True
    # Anything else than a file, a pipe for instance, may take for ever to read.
    if reference.startswith(_FILE) and not Path(reference.removeprefix(_FILE)).is_file():
        return False
    try:
        return bool(resolve(reference, environ=environ))
    except CredentialError:
        return False


def _open(config: Config, settings: Settings, path: Path, signing: set[str]) -> Iterator[Path]:
    holders: dict[Path, None] = {}
    url_in_file = config.writes_out("amqp_url") and any(map(_has_password, settings.amqp_url))
    if url_in_file or config.written_keys:
        holders[path] = None
    for named in (settings.amqp_password_file, settings.amqp_key_file):
        if named is not None:
            holders[Path(named)] = None
    for reference in (*credential_uses(config.table), *signing):
        if reference.startswith(_FILE):
            holders[Path(reference.removeprefix(_FILE))] = None
    yield from filter(_is_open, holders)


def _has_password(url: str) -> bool:
    return bool(urlsplit(url).password)


def _is_open(path: Path) -> bool:
    """Whether everybody on this machine may read a file, as its mode and its folders' say."""
    try:
        found = path.resolve()
        mode = os.stat(found).st_mode  # noqa: PTH116 - what a link stands for
        if not (stat.S_ISREG(mode) and mode & stat.S_IROTH):
            return False
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in found.parents)
    except (OSError, ValueError):
        return False
