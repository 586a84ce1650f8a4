"""Files that only their owner may read."""

import errno
import os
import stat
import tempfile
from pathlib import Path


def write_private_file(path: Path, data: bytes) -> None:
    """Write a file of mode 0600, whole or not at all. Raises OSError.

    What a link stands for is replaced, not the link. Only a regular file is ever replaced.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    # Made with mode 0600 from its first byte on, and beside the target, so that the last step is
    # one rename.
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
