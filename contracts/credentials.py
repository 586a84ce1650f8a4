"""How a model runner turns a credential reference into the key.

A turn job never holds a key, only a reference to one:

* `env:NAME`: the runner's environment variable NAME;
* `file:PATH`: the content of a file, read each time so that it may rotate;
* `config:PATH`: a key written out in the routing table, from the JSON file that
  `pointsman credentials export` writes.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path


class CredentialError(Exception):
    """A reference that cannot be resolved here. The text names the reference, never a key."""


def resolve(
    reference: str | None,
    *,
    environ: Mapping[str, str] | None = None,
    exported: Path | None = None,
) -> str | None:
    """Return the key that `reference` stands for, or None for no reference.

    `environ` stands in for the process's environment; `exported` is the file of `config:` keys.
    Raises CredentialError if there is no such key here.
    """
    if reference is None:
        return None
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name:
        key = (os.environ if environ is None else environ).get(name)
    elif scheme == "file" and name:
        key = _read(reference, Path(name)).strip()
    elif scheme == "config" and name:
        key = _exported_key(reference, exported)
    else:
        # Not quoted: it might be a key that somebody wrote where its reference belongs.
        msg = "this is not a credential reference: env:NAME, file:PATH or config:PATH"
        raise CredentialError(msg)
    if not key:
        msg = f"there is no key for {reference} here"
        raise CredentialError(msg)
    return key


def _exported_key(reference: str, exported: Path | None) -> str | None:
    if exported is None:
        msg = f"{reference} needs the file that `pointsman credentials export` writes"
        raise CredentialError(msg)
    try:
        keys = json.loads(_read(reference, exported))
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        msg = f"{exported} is not a JSON object of credential references and keys"
        raise CredentialError(msg)
    key = keys.get(reference)
    return key if isinstance(key, str) else None


def _read(reference: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        msg = f"cannot read {path} for {reference}: {why}"
        raise CredentialError(msg) from None
