"""Where the examples are that the demo runs."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def examples_folder() -> Path:
    """Return the folder: beside this file in an installed wheel, at the top of a checkout."""
    installed = _PACKAGE / "examples"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "examples"
