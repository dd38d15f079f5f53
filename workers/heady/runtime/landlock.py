"""Landlock: what of the file system a process may touch, given up for good and without any privilege.

A ruleset is built ahead, in the zygote, so that a child spends a single system call on it (measured: 20 µs, no page
written that it does not write anyway; building one of 55 rules takes 150 µs). The rights are those of
``linux/landlock.h``; which of them a kernel knows, its ABI tells (1: Linux 5.13, 2: 5.19, 3: 6.2, 5: 6.10, 6: 6.12).

It does not govern connecting to a unix socket by its path, ``stat``, ``chmod``, nor what is open already.
"""

import ctypes
import functools
import os
import stat
import struct
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

#: Reads and executes; of a folder, all that is in it.
READ = _EXECUTE | _READ_FILE | _READ_DIR
#: Everything: makes, renames and removes as well.
WRITE = (1 << 16) - 1
#: Reads and writes what is there, without executing or replacing it.
DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV


class Rule(NamedTuple):
    """Rights to a file, or to a folder and all beneath it."""

    path: str
    rights: int


def abi() -> int:
    """The version of this kernel's Landlock; 0 where there is none or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION, 0))


class Ruleset:
    """What its rules grant, and nothing else: built once, taken on by any number of processes.

    A child calls :attr:`restrict`, and must then close the descriptors of all rulesets that it has inherited before it
    runs foreign code: whoever holds one can add rules for those that take it on later.

    Args:
        rules: those whose path cannot be opened are skipped.

    Raises:
        OSError: the kernel has no Landlock, or no descriptor is left.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        version = abi()
        handled = _rights(version)
        attributes = struct.pack("=QQQ", handled, 0, _SCOPES)
        size = len(attributes) if version >= _SCOPES_SINCE else 8  # older kernels refuse what they do not know
        self.fd = _checked(_syscall(_CREATE_RULESET, attributes, size, 0, 0))
        #: Binds the calling process and all that it will start, for good; returns 0, or another number where the kernel
        #: refuses: then :func:`refusal` says why. A C call and no method, whose frame would write to six pages more.
        self.restrict: Callable[[], int] = functools.partial(_syscall, _RESTRICT_SELF, self.fd, 0, 0, 0)
        try:
            for rule in rules:
                self._add(rule.path, rule.rights & handled)
        except BaseException:
            self.close()
            raise

    def _add(self, path: str, rights: int) -> None:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return  # what cannot be reached now cannot be used later either
        try:
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                rights &= _OF_A_FILE
            _checked(_syscall(_ADD_RULE, self.fd, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0))
        finally:
            os.close(fd)

    def close(self) -> None:
        """Gives up the descriptor; processes that have taken the rules on keep them."""
        os.close(self.fd)


def refusal() -> OSError:
    """Why the kernel refused the last call of this module: most likely no_new_privs is not set."""
    error = ctypes.get_errno()
    return OSError(error, f"Landlock: {os.strerror(error)}")


_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1

#: Abstract unix sockets of, and signals to, processes that have not taken on the rules here.
_SCOPES = 0b11
_SCOPES_SINCE = 6

#: How many rights the kernel handles from each ABI on: renaming across folders, truncating, ioctl on devices.
_COUNTS = ((5, 16), (3, 15), (2, 14), (1, 13))

_syscall = ctypes.CDLL(None, use_errno=True)["syscall"]
_syscall.restype = ctypes.c_long
_syscall.argtypes = [ctypes.c_long, *[ctypes.c_void_p] * 4]  # c_void_p: a number, None, or the address of bytes


def _rights(version: int) -> int:
    count = next((count for since, count in _COUNTS if version >= since), 0)
    return (1 << count) - 1


def _checked(result: int) -> int:
    if result < 0:
        raise refusal()
    return result
