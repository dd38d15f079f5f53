"""``fork(2)`` itself, without what CPython does around it.

``os.fork`` prepares a child for having lost the other threads: it makes locks anew and runs every hook of
``os.register_at_fork``. A zygote has one thread and holds no lock, so all of that only writes to pages, each of which
is then copied: measured on CPython 3.11 with huggingface_hub imported, half the faults of a child. What the child does
need is done here: the hooks of modules that are not known to be about threads alone. Checked against
``PyOS_AfterFork_Child`` of CPython 3.11 to 3.14.
"""

import ctypes
import os
import sys
from collections.abc import Callable

Hook = Callable[[], object]

#: Their hooks make locks anew (random: its seed, which a child draws itself), nothing that a single thread needs.
_ABOUT_THREADS = ("asyncio", "concurrent.futures", "filelock", "logging", "random", "threading")

_NEWEST_CHECKED = (3, 14)
_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the lock of the interpreter stays held across the call

_before: list[Hook] = []
_after_in_child: list[Hook] = []
_after_in_parent: list[Hook] = []


def record_hooks() -> None:
    """Notes the hooks that modules register from now on, for :func:`fork` to run; the earlier, the better."""
    register = os.register_at_fork

    def note(
        *, before: Hook | None = None, after_in_child: Hook | None = None, after_in_parent: Hook | None = None
    ) -> None:
        given = {"before": before, "after_in_child": after_in_child, "after_in_parent": after_in_parent}
        register(**{name: hook for name, hook in given.items() if hook is not None})
        if _is_about_threads(sys._getframe(1).f_globals.get("__name__", "")):
            return
        for hook, hooks in ((before, _before), (after_in_child, _after_in_child), (after_in_parent, _after_in_parent)):
            if hook is not None:
                hooks.append(hook)

    os.register_at_fork = note


def fork() -> int:
    """Forks this process as ``os.fork`` does.

    Raises:
        OSError: there can be no more processes.
    """
    if sys.platform != "linux" or sys.version_info[:2] > _NEWEST_CHECKED or _has_threads():
        return os.fork()
    for hook in reversed(_before):
        hook()
    pid = _libc.fork()
    if pid < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    for hook in _after_in_parent if pid else _after_in_child:
        hook()
    return pid


def _is_about_threads(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in _ABOUT_THREADS)


def _has_threads() -> bool:
    """Whether this process has a second thread, by the link count of the folder of its threads: `.`, `..` and each."""
    return os.stat("/proc/self/task").st_nlink > 3
