"""Code mappings that a fork hands on with their pages.

A fork copies the page tables of a mapping only if the process has ever written to it; of all others, code above all, a
child must fault each page in again, sixteen at a time (``vma_needs_copy`` in the kernel's ``mm/memory.c``). Measured: a
third of a child's faults. So each is written to, once: a byte of its first page, with the value that it has.
"""

import contextlib
import os


class Memory:
    """This process's own memory, opened while it still may be: a sandbox keeps it from that."""

    def __init__(self) -> None:
        self._fd: int | None = None
        with contextlib.suppress(OSError):  # not Linux, or a hardened one: slower children
            self._fd = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)

    def write_once(self) -> None:
        """Writes to each code mapping, where the kernel allows it, and closes the memory."""
        if self._fd is None:
            return
        with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
            for start in [_start(line) for line in maps if _is_code(line)]:
                os.pwrite(self._fd, os.pread(self._fd, 1, start), start)
        os.close(self._fd)


def _is_code(line: str) -> bool:
    """Whether a line of proc_pid_maps(5) is of a file's private mapping that is not to be written to."""
    _, permissions, _, _, inode, *_ = line.split()
    return permissions in ("r-xp", "r--p") and inode != "0"


def _start(line: str) -> int:
    return int(line.partition("-")[0], 16)
