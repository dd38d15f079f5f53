"""System calls that a child has no business with, refused by a seccomp filter with an error, never by a signal.

The filter is a program of classic BPF, made in the zygote. It goes where Landlock does not reach: unix sockets, signals
before Linux 6.12, other processes' limits, and the parts of the kernel that are known for their holes. Filters are
inherited and add up: what one refuses, no later one allows. So one in the zygote, installed after its last unix socket
is made, costs its children nothing; in each child it costs 130 µs (measured: checking and compiling it) and 7 pages.

It sees the arguments, not what they point to, and cannot name a process that does not exist yet: against signals to
siblings stands Landlock alone.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Collection

from heady.runtime.syscalls import NUMBERS

#: Whole families of calls: other processes' memory and descriptors, kernel modules, mounts and namespaces, keyrings,
#: and the shared memory, semaphores and queues of System V and POSIX, which outlive their process.
_REFUSED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    "pidfd_send_signal",  # takes a folder of /proc as well, so that refusing pidfd_open is not enough
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl"),
    *("mount", "umount2", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr"),
    *("pivot_root", "chroot", "unshare", "setns", "open_by_handle_at", "name_to_handle_at"),
    *("shmget", "shmat", "semget", "semop", "semtimedop", "msgget", "msgsnd", "msgrcv", "mq_open"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff"),
)

#: Refused where the first argument is a protected id.
_SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open")
#: Limits, and shares of processor and memory: allowed for the calling thread alone, which is 0 as the first argument.
_OWN_ONLY = (
    *("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"),
    *("migrate_pages", "move_pages"),
)
#: The same with the kind of id, PRIO_PROCESS and IOPRIO_WHO_PROCESS, as the first argument and the id as the second.
_OWN_ONLY_OF_KIND = {"setpriority": 0, "ioprio_set": 1}

_PR_SET_CHILD_SUBREAPER = 36
#: Whoever owns a descriptor gets its signals, of any kind: a way round ``kill``. F_SETOWN and F_SETOWN_EX;
#: FIOSETOWN and SIOCSPGRP.
_SET_OWNER_BY_FCNTL, _SET_OWNER_BY_IOCTL = (8, 15), (0x8901, 0x8902)

_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16  # getaddrinfo asks for the addresses by netlink
_SOCK_STREAM, _SOCK_SEQPACKET = 1, 5
#: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
_NEW_NAMESPACES = 0x7E020000
_CLONE_PARENT = 0x8000  # makes a sibling and not a child, so one that is not the process's to answer for

#: By the machine's name: AUDIT_ARCH, and the column of the numbers.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000  # the bit in the number that marks calls of x86_64's 32-bit-pointer cousin


def supported() -> bool:
    """Whether there are filters here: Linux, on a processor whose numbers are known."""
    return sys.platform == "linux" and os.uname().machine in _ARCHITECTURES


class Filter:
    """A filter, made once and installed in any number of processes.

    Args:
        protected: ids of processes, threads and process groups that get no signal from here, the service's and its
            zygotes'. Threads too, because ``kill`` takes the id of any thread for its process.
        unix: whether unix sockets may be made. Connected pairs of them always may.

    Raises:
        ValueError: more ids than a filter can hold, about a thousand.
    """

    def __init__(self, protected: Collection[int], *, unix: bool = False) -> None:
        code = program(os.uname().machine, protected, unix=unix)
        self._code = ctypes.create_string_buffer(code, len(code))
        header = struct.pack("@HP", len(code) // _INSTRUCTION.size, ctypes.addressof(self._code))  # struct sock_fprog
        self._header = ctypes.create_string_buffer(header, len(header))

    def install(self) -> None:
        """Binds this process and all that it will start, for good: one system call.

        Raises:
            OSError: the process can still gain privileges (no_new_privs is not set), or the kernel has no filters.
        """
        if _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(self._header), 0, 0) != 0:
            error = ctypes.get_errno()
            raise OSError(error, f"seccomp: {os.strerror(error)}")


def program(machine: str, protected: Collection[int], *, unix: bool = False) -> bytes:
    """The code of a filter, for a machine as ``os.uname`` names it."""
    architecture, column = _ARCHITECTURES[machine]
    number = {name: numbers[column] for name, numbers in NUMBERS.items()}
    instructions = [
        *_of_this_machine(architecture),
        *_clones(number),
        *_sockets(number, unix=unix),
        *_when(number["fcntl"], [_argument(1), *_none_of(_SET_OWNER_BY_FCNTL)]),
        *_when(number["ioctl"], [_argument(1), *_none_of(_SET_OWNER_BY_IOCTL)]),
        *_when(number["prctl"], _staying_reaper()),
        *[each for name in _OWN_ONLY for each in _when(number[name], [_argument(0), *_only((0,), errno.EPERM)])],
        *[each for name, kind in _OWN_ONLY_OF_KIND.items() for each in _when(number[name], _own_of_kind(kind))],
        *[instruction for name in _REFUSED for instruction in _refuse_if(number[name])],
        *_protect(number, protected),
    ]
    if len(instructions) > _MOST_INSTRUCTIONS:
        raise ValueError(f"{len(protected)} protected ids are more than a filter can hold")
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in instructions)


# An instruction is its code, how many to skip where a comparison holds and where not (at most 255), and a value. Each
# part below begins with the call's number loaded, and decides, or leaves it loaded.

_Instruction = tuple[int, int, int, int]
_INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter
_MOST_INSTRUCTIONS = 4096

_LOAD, _AND, _SKIP, _IF_EQUAL, _IF_GREATER_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x45, 0x06
_NUMBER: _Instruction = (_LOAD, 0, 0, 0)  # offsets in struct seccomp_data
_ARCHITECTURE: _Instruction = (_LOAD, 0, 0, 4)
_ALLOW: _Instruction = (_RETURN, 0, 0, 0x7FFF0000)


def _argument(index: int) -> _Instruction:
    """Loads the low half of an argument, all that the kernel takes of an ``int``."""
    return (_LOAD, 0, 0, 16 + 8 * index)


def _refuse(error: int = errno.EPERM) -> _Instruction:
    return (_RETURN, 0, 0, 0x00050000 | error)


def _refuse_if(value: int) -> list[_Instruction]:
    return [(_IF_EQUAL, 0, 1, value & 0xFFFFFFFF), _refuse()]


def _none_of(values: Collection[int]) -> list[_Instruction]:
    return [*(instruction for value in values for instruction in _refuse_if(value)), _ALLOW]


def _only(values: Collection[int], error: int) -> list[_Instruction]:
    allowed = [instruction for value in values for instruction in ((_IF_EQUAL, 0, 1, value), _ALLOW)]
    return [*allowed, _refuse(error)]


def _when(number: int, body: list[_Instruction]) -> list[_Instruction]:
    return [(_IF_EQUAL, 0, len(body), number), *body]


def _of_this_machine(architecture: int) -> list[_Instruction]:
    known = [_ARCHITECTURE, (_IF_EQUAL, 1, 0, architecture), _refuse(), _NUMBER]
    return [*known, (_IF_GREATER_EQUAL, 0, 1, _X32), _refuse(errno.ENOSYS)]


def _clones(number: dict[str, int]) -> list[_Instruction]:
    forbidden = [_argument(0), (_IF_ANY_BIT, 1, 0, _NEW_NAMESPACES | _CLONE_PARENT), _ALLOW, _refuse()]
    in_memory = _when(number["clone3"], [_refuse(errno.ENOSYS)])  # its flags cannot be seen; libc then calls clone
    return [*_when(number["clone"], forbidden), *in_memory]


def _sockets(number: dict[str, int], *, unix: bool) -> list[_Instruction]:
    families = (_AF_INET, _AF_INET6, _AF_NETLINK, *((_AF_UNIX,) if unix else ()))
    sockets = _when(number["socket"], [_argument(0), *_only(families, errno.EACCES)])
    if unix:
        return sockets
    # one of a pair of datagram sockets may still send to any other that has a name
    connected = [_argument(1), (_AND, 0, 0, 0xF), *_only((_SOCK_STREAM, _SOCK_SEQPACKET), errno.EACCES)]
    return [*sockets, *_when(number["socketpair"], connected)]


def _staying_reaper() -> list[_Instruction]:
    """A process may not stop to adopt its orphans, which would be out of its limits' sight."""
    return [_argument(0), (_IF_EQUAL, 1, 0, _PR_SET_CHILD_SUBREAPER), _ALLOW, _argument(1), *_none_of((0,))]


def _own_of_kind(kind: int) -> list[_Instruction]:
    return [_argument(0), (_IF_EQUAL, 1, 0, kind), _refuse(), _argument(1), *_only((0,), errno.EPERM)]


def _protect(number: dict[str, int], protected: Collection[int]) -> list[_Instruction]:
    """The last part: signals, where the check of their ids is shared, and nothing of the other calls."""
    return [
        *((_IF_EQUAL, len(_SIGNALS) - index, 0, number[name]) for index, name in enumerate(_SIGNALS)),
        _ALLOW,
        _argument(0),
        *_none_of((-1, *protected, *(-each for each in protected))),
    ]


_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

_prctl = ctypes.CDLL(None, use_errno=True)["prctl"]
_prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
