"""What a process gives up and is bound by. Linux has all of it; elsewhere only the portable part is done."""

import ctypes
import os
import resource
import signal
import struct
import sys

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}

_libc = ctypes.CDLL(None, use_errno=True)
_linux = sys.platform == "linux"


def drop_privileges() -> None:
    """No new privileges by exec, no capabilities, no core dumps, and the first to go when memory runs out."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not _linux:
        return
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities()


def leave_group(parent: int) -> None:
    """Makes this process the head of a session of its own that dies with ``parent`` and adopts its orphans."""
    os.setsid()
    if not _linux:
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(1)


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


def limit(cpu_seconds: float, memory_bytes: int) -> None:
    """Bounds this process by the kernel's own limits, counted from what it has used so far.

    They are coarse (whole seconds, address space that may never be touched) and per process: the service's watchdog
    is the exact one, these hold where it looks too late.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if _linux:
        data = _data_bytes() + memory_bytes + _DATA_GRACE_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (data, data))


#: RLIMIT_DATA counts what is mapped, allocators map ahead of need.
_DATA_GRACE_BYTES = 32 * 1024**2


def children_of_self() -> list[int]:
    """Process ids of this process's children, zombies included. Only of a process with one thread."""
    pid = os.getpid()
    try:
        with open(f"/proc/self/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN, or not Linux
        return [child for child in _process_ids() if _parent_of(child) == pid]


def _process_ids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if _linux else []


def _parent_of(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


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


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")
