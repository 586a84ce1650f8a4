"""The name of a hub platform, read the same way in bodies, tables and exchange names."""

import re
import string
from dataclasses import dataclass
from typing import Self

_ALLOWED = re.compile(r"[a-z0-9_.:/-]{1,64}")
_SEPARATOR = re.compile(r"[:/]")
_SYNONYMS = {"local": "cli"}
# Only ASCII letters are lowered: `str.lower` turns the Kelvin sign into `k`, and a look-alike
# must never become the platform it looks like.
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class PlatformName:
    """A platform and, where there are several of it, which one: `hub:slate` is hub, slate."""

    platform: str
    instance: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `text`: ASCII space trimmed, ASCII letters lowered, split at the first `:` or `/`.

        Raises ValueError, in words for people, if that does not leave a platform name.
        """
        name = text.strip(string.whitespace).translate(_ASCII_LOWER)
        if not _ALLOWED.fullmatch(name):
            msg = "a platform name is 1 to 64 of the characters a-z 0-9 _ . : / -"
            raise ValueError(msg)
        platform, *instance = _SEPARATOR.split(name, maxsplit=1)
        if not platform:
            msg = "a platform name does not begin with `:` or `/`"
            raise ValueError(msg)
        return cls(_SYNONYMS.get(platform, platform), (instance[0] or None) if instance else None)

    def __str__(self) -> str:
        return self.platform if self.instance is None else f"{self.platform}:{self.instance}"
