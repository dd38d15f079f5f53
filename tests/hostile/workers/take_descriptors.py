"""Takes its parent's descriptors."""

import ctypes
import os

EXPECTED = "refused"


_PIDFD_GETFD = 438


def run() -> list[int]:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        pidfd = os.pidfd_open(os.getppid())
    except PermissionError:
        return []
    return [fd for fd in range(16) if libc.syscall(_PIDFD_GETFD, pidfd, fd, 0) >= 0]
