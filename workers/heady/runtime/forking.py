"""``fork(2)`` itself, without what CPython does around it.

``os.fork`` prepares a child for having lost the other threads: it makes locks anew and runs every hook of
``os.register_at_fork``. A zygote has one thread and holds no lock, so all of that only writes to pages, each of which
is then copied: measured on CPython 3.11 with huggingface_hub imported, half the faults of a child. What the child does
need, other random numbers, its zygote sees to. Checked against ``PyOS_AfterFork_Child`` of CPython 3.11 to 3.14.

A worker that has registered hooks of its own gets ``os.fork``, which runs them.
"""

import ctypes
import os
import sys
from collections.abc import Callable

#: Whose hooks a copy of a zygote does not need: they make locks anew, which matters to several threads; seed
#: ``random``, as the zygote does; or close connections, of which a zygote that may be forked has none.
_NEEDLESS = ("asyncio", "concurrent.futures", "filelock", "huggingface_hub", "logging", "random", "threading")

_NEWEST_CHECKED = (3, 14)
_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the lock of the interpreter stays held across the call

_registered_by: list[str] = []


def record_hooks() -> None:
    """Notes from now on who registers hooks that are not known to be needless; the earlier, the better."""
    register = os.register_at_fork

    def note(**hooks: Callable[[], object]) -> None:
        register(**hooks)
        module = sys._getframe(1).f_globals.get("__name__", "a module without a name")
        if not any(module == name or module.startswith(f"{name}.") for name in _NEEDLESS):
            _registered_by.append(module)

    os.register_at_fork = note


def why_not_libc() -> str | None:
    """Why this process forks by ``os.fork``, where it does not fork by libc's."""
    if sys.platform != "linux":
        return f"libc's fork is not known to be enough on {sys.platform}"
    if sys.version_info[:2] > _NEWEST_CHECKED:
        return "libc's fork is not known to be enough for this version of Python"
    if _registered_by:
        return f"{', '.join(sorted(set(_registered_by)))} registered hooks for it"
    return None


def way_to_fork() -> Callable[[], int]:
    """What forks this process as it is now: like ``os.fork``."""
    return os.fork if why_not_libc() else _fork


def _fork() -> int:
    pid = _libc.fork()
    if pid < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return pid
