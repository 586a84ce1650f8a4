"""What the kernel knows about this machine's clock."""

import ctypes

_UNSYNCHRONISED = 5
_ROOM = 512  # more than a `struct timex` takes anywhere


def clock_is_synchronised() -> bool | None:
    """Return whether somebody keeps the clock right, as he tells the kernel; None if unknown."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_ROOM))  # all zero: only asks
    return None if state < 0 else state != _UNSYNCHRONISED
