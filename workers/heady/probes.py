"""What the service tries in order to find out what this host really enforces: each function breaks one rule.

A worker file like any other, and called like one. A limit holds where the service ends the call for it; what is not to
be reached is told by name where it was.
"""

import ctypes
import os
import resource
import socket
import subprocess
import sys
import time

import heady


@heady.function(timeout="200ms")
def sleep() -> None:
    """Takes more time than it may."""
    time.sleep(30)


@heady.function(cpu="100ms", timeout="10s")
def spin() -> None:
    """Takes more CPU time than it may."""
    while True:
        pass


@heady.function(memory="16MB", timeout="10s")
def allocate() -> None:
    """Takes more memory than it may, in small pieces."""
    kept = []
    while True:
        kept.append(bytearray(1024**2))
        time.sleep(0.001)


@heady.function(memory="16MB", timeout="10s")
def allocate_in_descendant() -> None:
    """Takes more memory than it may in a process that has left its group, its session and its parent."""
    program = "import time; kept = bytearray(b'x') * (32 * 1024**2); time.sleep(30)"
    launcher = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {program!r}], start_new_session=True)"
    subprocess.run([sys.executable, "-c", launcher], start_new_session=True, check=True)
    time.sleep(30)


@heady.function(disk="2MB", timeout="10s")
def fill() -> None:
    """Keeps more on disk than it may, in files within the limit of each."""
    for number in range(100):
        with open(f"file-{number}", "wb") as file:
            file.write(bytes(256 * 1024))
        time.sleep(0.001)
    time.sleep(30)


@heady.function(processes=4, timeout="10s")
def multiply() -> None:
    """Has more processes than it may."""
    for _ in range(8):
        if os.fork() == 0:
            time.sleep(30)
    time.sleep(30)


@heady.function(output="1KB")
def say() -> str:
    """Returns more than it may."""
    return "x" * 4096


def leave() -> int:
    """Leaves a process behind that has left its group and its session; returns its id."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], start_new_session=True).pid


def read(paths: list[str]) -> list[str]:
    """The files and folders of these that it could read."""
    return [path for path in paths if _reads(path)]


def write(paths: list[str]) -> list[str]:
    """The files of these that it could open for writing."""
    return [path for path in paths if _opens(path, os.O_WRONLY)]


def signal(pids: list[int]) -> list[int]:
    """The processes of these, and its zygote, that it may send signals to; the one it tries does nothing."""
    return [pid for pid in [*pids, os.getppid()] if _signals(pid)]


def signal_all() -> list[int]:
    """Whether it may send a signal to all that it can reach."""
    return [-1] if _signals(-1) else []


def connect(sockets: list[str]) -> list[str]:
    """The sockets of these, and of its zygote, that it could connect to."""
    return [path for path in [*sockets, f"{os.path.dirname(os.getcwd())}/0.sock"] if _connects(path)]


def limit(pids: list[int]) -> list[int]:
    """The processes of these whose limits it could read and so set."""
    return [pid for pid in pids if _limits(pid)]


def call_kernel() -> list[str]:
    """The system calls, of those that no worker has business with, that were not refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = {"io_uring_setup": 425, "pidfd_getfd": 438, "pidfd_send_signal": 424}
    allowed = []
    for name, number in numbers.items():
        libc.syscall(number, -1, 0, 0, 0)
        if ctypes.get_errno() != 1:  # EPERM
            allowed.append(name)
    return allowed


def _reads(path: str) -> bool:
    try:
        if "/fd/" in path:
            return bool(os.readlink(path))
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, "rb") as file:
            return bool(file.read(64)) or path.endswith("/mem")
    except OSError as error:
        return path.endswith("/mem") and error.errno == _EIO  # opened: that is enough


_EIO = 5


def _opens(path: str, flags: int) -> bool:
    try:
        os.close(os.open(path, flags))
    except OSError:
        return False
    return True


def _signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _connects(path: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(path)
            return bool(connection.recv(1))  # a socket that drops strangers says nothing
    except OSError:
        return False


def _limits(pid: int) -> bool:
    try:
        resource.prlimit(pid, resource.RLIMIT_CORE)
    except OSError:
        return False
    return True
