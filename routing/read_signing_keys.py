"""Reads `signing_keys`: which keys sign the messages of a platform, by reference."""

import re
from collections.abc import Mapping

from contracts.signature import is_kid
from routing.expand import NAME
from routing.node import Entry, Node, TextNode, is_empty
from routing.reader import Reader

_REFERENCE = re.compile(rf"\$\{{({NAME.pattern})\}}|env:({NAME.pattern})|(file:[^\x00-\x1f\x7f]+)")
_HINT = "`${NAME}`, `env:NAME` or `file:PATH`; the key itself never stands in a table"


class SigningKeysReader:
    """Reads the keys of one platform after the other.

    No message quotes what stands where a reference belongs: it may be a key.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._keys: dict[str, dict[str, str]] = {}
        self._platform_of: dict[str, str] = {}
        """Reference to the platform that had it first."""

    @property
    def keys(self) -> Mapping[str, Mapping[str, str]]:
        """Platform to key id to reference, for every platform that lists any."""
        return self._keys

    def read(self, platform: str, node: Node, path: str) -> None:
        """Read the keys that an entry of `platforms:` lists."""
        for entry in self._reader.entries(node, path):
            reference = self._read_key(entry, path)
            if reference is not None:
                self._add(platform, entry, reference, path)

    def _read_key(self, entry: Entry, path: str) -> str | None:
        report = self._reader.report
        if not is_kid(entry.key.text):
            message = f"`{path}` has a key id that is none"
            report.error(entry.key, message, "1 to 64 letters, digits, `_`, `.` or `-`")
            return None
        where = f"{path}.{entry.key.text}"
        if isinstance(entry.value, TextNode) or is_empty(entry.value):
            reference = _reference(entry.value)
            if reference is None:
                report.error(entry.value, f"`{where}` is not a reference to a key", _HINT)
            return reference
        self._reader.wrong_type(entry.value, where, "text", _HINT)
        return None

    def _add(self, platform: str, entry: Entry, reference: str, path: str) -> None:
        kid, report = entry.key.text, self._reader.report
        known = self._keys.setdefault(platform, {})
        if known.setdefault(kid, reference) != reference:
            message = f"`{path}`: `{platform}` has another key `{kid}` already"
            report.error(entry.key, message, "a key id means the same for all its instances")
        owner = self._platform_of.setdefault(reference, platform)
        if owner != platform:
            report.warning(
                entry.value,
                f"`{path}.{kid}` is a key of `{owner}` as well: what is signed for one of them"
                " holds for the other",
                "give each platform a key of its own",
            )


def _reference(node: Node) -> str | None:
    found = _REFERENCE.fullmatch(node.text.strip()) if isinstance(node, TextNode) else None
    if found is None or "${" in (found[3] or ""):
        return None
    name = found[1] or found[2]
    return found[3] if name is None else f"env:{name}"
