"""What a process gives up and is bound by. Linux has all of it; elsewhere only the portable part is done."""

import contextlib
import ctypes
import fcntl
import functools
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable

from heady.runtime.profile import Profile

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}

#: Something that a forked process does to itself before it serves; unless it returns nothing or 0, the process ends.
#: A call of C bound ahead, since each frame of Python writes to pages that the child would have to copy.
Step = Callable[[], int | None]

_libc = ctypes.CDLL(None, use_errno=True)
_linux = sys.platform == "linux"
_prctl_bound = ctypes.PyDLL(None)["prctl"]  # PyDLL: keeps the interpreter's lock, letting go of it writes as well
_prctl_bound.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def drop_privileges() -> None:
    """No new privileges by exec, no capabilities, no core dumps, and the first to go when memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not _linux:
        return
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities()


def leaving_group() -> list[Step]:
    """Makes the process the head of a group of its own that dies with its parent and adopts its orphans.

    Not of a session: where Linux groups processes by session for its scheduler (``sched_autogroup_enabled``), the first
    to wake in a new one waits a millisecond, and the niceness of one session says nothing to another.
    """
    own_group = functools.partial(os.setpgid, 0, 0)
    if not _linux:
        return [own_group]
    return [own_group, _setting(_PR_SET_PDEATHSIG, signal.SIGKILL), _setting(_PR_SET_CHILD_SUBREAPER, 1)]


def hide() -> None:
    """Keeps processes of the same user from reading memory and environment of this one and of all that it forks."""
    if _linux:
        _prctl(_PR_SET_DUMPABLE, 0)


def follow_server(parent: int) -> None:
    """Gets SIGTERM when the service dies, and adopts the orphans of all that is forked from here."""
    if not _linux:
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:
        os._exit(1)


def unfollow_server() -> None:
    """Takes back the signal of :func:`follow_server`."""
    if _linux:
        _prctl(_PR_SET_PDEATHSIG, 0)


def limiting(profile: Profile) -> list[Step]:
    """The kernel's own limits of a child, and its lower priority.

    They are coarse (whole seconds, address space that may never be touched) and per process: the service's watchdog
    is the exact one, these hold where it looks too late.
    """
    limits = {
        resource.RLIMIT_FSIZE: (profile.disk_bytes, profile.disk_bytes),
        resource.RLIMIT_NOFILE: (_CHILD_DESCRIPTORS, _CHILD_DESCRIPTORS),
    }
    if _linux:
        data = _data_bytes() + profile.memory_bytes + _DATA_GRACE_BYTES
        limits[resource.RLIMIT_DATA] = (data, data)
    if profile.isolation != "reuse":  # there it would be for all calls together
        seconds = math.ceil(profile.cpu_seconds) + 1
        limits[resource.RLIMIT_CPU] = (seconds, seconds + 1)
    steps: list[Step] = [functools.partial(resource.setrlimit, limit, values) for limit, values in limits.items()]
    return [functools.partial(os.setpriority, os.PRIO_PROCESS, 0, _CHILD_NICENESS), *steps]


#: RLIMIT_DATA counts what is mapped, allocators map ahead of need.
_DATA_GRACE_BYTES = 32 * 1024**2


_CHILD_DESCRIPTORS = 256
#: Below its zygote, which has to be the quicker of the two when it ends a child that multiplies.
_CHILD_NICENESS = 10


def raise_descriptor_limit() -> int:
    """Lets this process open more descriptors than is usual, up to what is allowed; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


_DESCRIPTORS = 4096  # three for each child, and some of the worker's own


def highest_descriptor() -> int:
    """The highest descriptor that is open."""
    return max(int(name) for name in os.listdir("/dev/fd"))


def lift(fd: int, floor: int) -> int:
    """Moves a descriptor to the lowest free number from ``floor`` on."""
    lifted = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, floor)
    os.close(fd)
    return lifted


def children_of_self() -> list[int]:
    """Process ids of this process's children, zombies included. Only of a process with one thread."""
    pid = os.getpid()
    try:
        return [int(child) for child in _read(f"/proc/self/task/{pid}/children").split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN, or not Linux
        return [child for child in _process_ids() if _parent_of(child) == pid]


def kill_tree(pid: int) -> None:
    """Kills a process and all its descendants, as far as they can be seen at one moment.

    From the top down, and without waiting for any: whoever has been killed can fork no more. What a process forks
    between its children's being read and its end is adopted by the nearest reaper above.
    """
    pids = [pid]
    for each in pids:
        pids += _children_of(each)
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def threads_of(pid: int) -> list[int]:
    """The ids of a process's threads; none of one that has ended."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def _read(path: str) -> bytes:
    """A file of /proc, read without the layers of ``open``, each of which writes to pages of its own."""
    fd = os.open(path, os.O_RDONLY)
    try:
        parts = [os.read(fd, _READ_SIZE)]
        while parts[-1]:
            parts.append(os.read(fd, _READ_SIZE))
        return b"".join(parts)
    finally:
        os.close(fd)


_READ_SIZE = 4096


def _children_of(pid: int) -> list[int]:
    children: list[int] = []
    for thread in threads_of(pid):
        with contextlib.suppress(OSError):  # it has ended
            children += [int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()]
    return children


def _process_ids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if _linux else []


def _parent_of(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def _stat(pid: int) -> list[bytes]:
    """The fields of proc_pid_stat(5) after the command's name; none of a process that has ended."""
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    except OSError:
        return []


def _data_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def _drop_capabilities() -> None:
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # beyond the last one, or not privileged enough to have any
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3
    number = _SYS_CAPSET.get(os.uname().machine)
    if number is not None:
        _libc.syscall(number, header, bytes(24))


def _setting(option: int, value: int) -> Step:
    return functools.partial(_prctl_bound, option, value, 0, 0, 0)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")
