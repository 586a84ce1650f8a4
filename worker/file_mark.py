"""Noticing that a file may have become another, without reading it."""

import os
from itertools import islice
from pathlib import Path

FileMark = tuple[int, ...]
_MOST_LINKS = 40  # as many as Linux follows


def file_mark(path: Path) -> FileMark | None:
    """Return what tells one state of a file from another; None if there is no such file.

    Links are followed, so a link that is turned to another file gives another mark.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def folders_of(path: Path) -> tuple[Path, ...]:
    """Return the folders in which a change can make `path` another file, so far as they exist.

    They are the folder of the file, and that of every link on the way to it: Kubernetes replaces a
    ConfigMap by turning a link beside the file.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the links
    folders = {path.parent: None}
    for _ in range(_MOST_LINKS):
        link = next((part for part in (*reversed(path.parents), path) if part.is_symlink()), None)
        if link is None:
            break
        folders[link.parent] = None
        target = os.path.normpath(link.parent / link.readlink())
        path = Path(target) / path.relative_to(link)
        folders[path.parent] = None
    return tuple(folder for folder in islice(folders, _MOST_LINKS) if folder.is_dir())
