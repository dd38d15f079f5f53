"""Whether a process may be forked: what a copy of it would share, or lack, to its ruin."""

import os
import socket
import stat
import sys
import threading

from heady.runtime import connections, process


def why_unsafe(server: int) -> str | None:
    """Why a copy of this process would not work, ``None`` where it would.

    Args:
        server: the process id of the service, to which a zygote is connected and its children are not.
    """
    if sys.platform == "darwin":
        return "on macOS a forked process cannot use the system's frameworks"
    if len(process.threads_of(os.getpid())) > 1:
        names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        return f"it has started threads ({', '.join(names) or 'of a library'}), which a fork does not copy"
    for fd in (int(name) for name in os.listdir("/dev/fd")):
        if what := _shared_state(fd, server):
            return f"it has opened {what}, which all its copies would share"
    return None


def _shared_state(fd: int, server: int) -> str | None:
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            return _connection(fd, server)
        if os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:[eventpoll]":
            return "an event loop"
    except OSError:  # the descriptor of the listing itself, which is closed by now
        pass
    return None


def _connection(fd: int, server: int) -> str | None:
    with socket.socket(fileno=os.dup(fd)) as duplicate:
        try:
            to = duplicate.getpeername()
        except OSError:  # not connected, such as a socket that only listens
            return None
        if duplicate.family == socket.AF_UNIX and connections.peer(duplicate) == server:
            return None
        return f"a connection to {to or 'another process'}"
