"""Code mappings that a fork hands on with their pages.

A fork copies the page tables of a mapping only if the process has ever written to it; of all others, code above all, a
child must fault each page in again, sixteen at a time (``vma_needs_copy`` in the kernel's ``mm/memory.c``). Measured: a
third of a child's faults. So those that every call runs through are written to, once: a byte of their first page, with
the value that it has. Not all of them: each also makes the fork itself dearer (all: by 0.3 ms, these: by 0.07).
"""

import contextlib
import os
import re


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


#: The interpreter, pydantic's core, which parses and serialises, and the C library.
_RUN_THROUGH = re.compile(r"/(?:libpython3[^/]*|python3[.\d]*|_pydantic_core[^/]*|libc[.-][^/]*|ld-musl[^/]*)$")


def _is_code(line: str) -> bool:
    """Whether a line of proc_pid_maps(5) is of a mapping that every call runs through and none writes to."""
    _, permissions, *_ = line.split()
    return permissions in ("r-xp", "r--p") and _RUN_THROUGH.search(line.rstrip()) is not None


def _start(line: str) -> int:
    return int(line.partition("-")[0], 16)
