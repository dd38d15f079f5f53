"""Temporary directories of a zygote's processes: one process's at a time, and used again when they were left empty.

So what is made for a directory, such as the rules of who may write to it, is made once and not for each process.
"""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from heady.runtime.process import Step

#: What names a directory for temporary or cached files, for the programs that follow one of them.
_VARIABLES = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")


@dataclass(slots=True, eq=False)
class Slot:
    """A temporary directory, and what confines a process to it."""

    directory: str
    confining: Sequence[Step]

    def enter(self) -> None:
        """Makes it this process's working directory and the place of its temporary files."""
        os.chdir(self.directory)
        for name in _VARIABLES:
            os.environ[name] = self.directory


class Slots:
    """The directories of one kind of process; that which was given back last is taken first.

    Args:
        prefix: what their paths begin with, before a number.
        confining: what confines a process to one of them.
    """

    def __init__(self, prefix: str, confining: Callable[[str], Sequence[Step]]) -> None:
        self._prefix = prefix
        self._confining = confining
        self._count = 0
        self._free: list[Slot] = []

    def take(self) -> Slot:
        """An empty directory, for the caller alone."""
        return self._free.pop() if self._free else self._make()

    def release(self, slot: Slot) -> str | None:
        """Gives one back; returns its path where it is not as it was: then it is given up, for the caller to remove."""
        if not _is_as_made(slot.directory):
            return slot.directory
        self._free.append(slot)
        return None

    def _make(self) -> Slot:
        self._count += 1
        directory = f"{self._prefix}{self._count}"
        os.mkdir(directory, 0o700)
        return Slot(directory, self._confining(directory))


def _is_as_made(directory: str) -> bool:
    try:
        mode = stat.S_IMODE(os.stat(directory).st_mode)
        return mode == 0o700 and not os.listdir(directory) and not _attributes(directory)
    except OSError:
        return False


def _attributes(directory: str) -> list[str]:
    return os.listxattr(directory) if hasattr(os, "listxattr") else []
