"""Whether a process has written something, by what the kernel notes of the pipes at its stdout and stderr."""

import os
import sys
import time

_STDOUT, _STDERR = 1, 2
#: CLOCK_REALTIME_COARSE, which the times of files are taken from; only Linux is known to keep them for pipes.
_CLOCK = 5 if sys.platform == "linux" else None


def now() -> int:
    """The time, for :func:`written_since`."""
    return 0 if _CLOCK is None else time.clock_gettime_ns(_CLOCK)


def written_since(then: int) -> bool:
    """Whether this process, or one that it started, may have written to its stdout or stderr since then.

    A no is sure: a pipe's time of modification is that of the last write to it, whoever has read it since. So is a yes,
    but for what was written within the same tick before, and where the system does not tell.
    """
    if _CLOCK is None:
        return True
    try:
        return any(os.fstat(fd).st_mtime_ns >= then for fd in (_STDOUT, _STDERR))
    except OSError:  # the function has closed it
        return True
