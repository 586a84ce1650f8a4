"""The keys that sign messages, as far as this machine has them."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts import SignatureError, signing_key
from contracts.credentials import CredentialError, resolve
from contracts.signature import SHORT_KEY, TOLERANCE
from routing.table import RoutingTable
from worker.config_file import Config
from worker.file_mark import FileMark, file_mark
from worker.pipeline.judge_signature import KeyNotHere
from worker.settings import Settings

_FILE = "file:"


@dataclass(slots=True)
class _Held:
    """A key from a file."""

    mark: FileMark | None
    key: bytes = field(repr=False)
    told: bool = False
    """That the file cannot be read any more."""


class SigningKeys:
    """Reference to key, for `env:NAME` and `file:PATH`. Keys are looked up when they are asked for.

    A file is read again when it has changed. While it is gone, or cannot be read, its last key
    stays in use; `inform` and `warn` are called, as those of a log, when that begins and when a
    key is another.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._held: dict[str, _Held] = {}
        self.inform: Callable[..., None] = _nobody
        self.warn: Callable[..., None] = _nobody

    def __call__(self, reference: str) -> bytes:
        """Return the key. Raises KeyNotHere."""
        if not reference.startswith(_FILE):
            return self._read(reference)
        mark = file_mark(Path(reference.removeprefix(_FILE)))
        held = self._held.get(reference)
        if held is not None and held.mark is not None and held.mark == mark:
            held.told = False
            return held.key
        try:
            key = self._read(reference)
        except KeyNotHere as error:
            if held is None:
                raise
            self._tell_unreadable(held, reference, str(error))
            return held.key
        self._tell_changed(held, reference, key)
        self._held[reference] = _Held(mark, key)
        return key

    def missing(self, config: Config) -> tuple[str, ...]:
        """Return a line for each key of a table that is not here now."""
        return tuple(
            f"{config.name}: error: `{place}`: {found}"
            for place, found in self._all(config.table)
            if isinstance(found, KeyNotHere)
        )

    def warnings(self, config: Config, settings: Settings) -> tuple[str, ...]:
        """Return a line for each key of a table that is short, and for a window that is."""
        return tuple(f"{config.name}: warning: {text}" for text in self._doubts(config, settings))

    def _doubts(self, config: Config, settings: Settings) -> Iterator[str]:
        for place, found in self._all(config.table):
            if isinstance(found, bytes) and len(found) < SHORT_KEY:
                yield f"`{place}`: the key has {len(found)} bytes; a strong one has {SHORT_KEY}"
        # The time in a signature may lie ahead by as much as it may have gone by.
        if config.table.signing_keys and settings.window_age < 2 * TOLERANCE:
            yield (
                f"signatures hold for up to {2 * TOLERANCE} s, and with `window_age` a message is"
                f" known for {settings.window_age:g} s: played again later, it is a second job"
            )

    def _all(self, table: RoutingTable) -> Iterator[tuple[str, bytes | KeyNotHere]]:
        for platform, listed in table.signing_keys.items():
            for kid, reference in listed.items():
                yield f"platforms.{platform}.signing_keys.{kid}", self._found(reference)

    def _found(self, reference: str) -> bytes | KeyNotHere:
        """Return what there is now, whatever was held before, and hold it from now on."""
        try:
            self._read(reference)
            return self(reference)
        except KeyNotHere as error:
            return error

    def _read(self, reference: str) -> bytes:
        # Anything else, a pipe for instance, may take for ever to read.
        if reference.startswith(_FILE) and not Path(reference.removeprefix(_FILE)).is_file():
            raise KeyNotHere(reference, _why(reference))
        try:
            return signing_key(resolve(reference, environ=self._environ) or "")
        except (CredentialError, SignatureError):
            raise KeyNotHere(reference, _why(reference)) from None

    def _tell_unreadable(self, held: _Held, reference: str, why: str) -> None:
        if not held.told:
            self.warn("the last signing key stays in use", key=reference, why=why)
        held.told = True

    def _tell_changed(self, held: _Held | None, reference: str, key: bytes) -> None:
        if held is None or held.key == key:
            return
        self.inform("signing key changed", key=reference)
        if len(key) < SHORT_KEY:
            self.warn("short signing key", key=reference, bytes=len(key), wanted=SHORT_KEY)


def _nobody(_event: str, **_fields: object) -> None:
    """Tell nobody."""


def _why(reference: str) -> str:
    if not reference.startswith(_FILE):
        return "the variable is not set, empty, or not UTF-8"
    path = Path(reference.removeprefix(_FILE))
    if path.is_file():
        return "the file cannot be read, or holds no text"
    return "it is no file" if path.exists() else "there is no such file"
