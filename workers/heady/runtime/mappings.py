"""Code mappings that a fork hands on with their pages.

A fork copies the page tables of a mapping only if the process has ever written to it; of all others, code above all, a
child must fault each page in again, sixteen at a time (``vma_needs_copy`` in the kernel's ``mm/memory.c``). Measured: a
third of a child's faults. So each is written to, once: a byte of its first page, with the value that it has.
"""

import sys


def write_once() -> int:
    """Marks this process's code mappings as written to; returns how many. None where the kernel does not allow it."""
    if sys.platform != "linux":
        return 0
    count = 0
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "r+b", buffering=0) as memory:
            for start in [_start(line) for line in maps if _is_code(line)]:
                memory.seek(start)
                byte = memory.read(1)
                memory.seek(start)
                count += memory.write(byte) or 0
    except OSError:
        pass  # a hardened kernel: slower children
    return count


def _is_code(line: str) -> bool:
    """Whether a line of proc_pid_maps(5) is of a file's private mapping that is not to be written to."""
    _, permissions, _, _, inode, *_ = line.split()
    return permissions in ("r-xp", "r--p") and inode != "0"


def _start(line: str) -> int:
    return int(line.partition("-")[0], 16)
