"""The loop of a zygote: a connection is a child.

A zygote listens on a unix socket. For each connection it accepts, it forks a process that serves that connection and
ends; when a process ends, it reaps it, ends whatever that left behind, and reports. What a child writes to stdout and
stderr passes through here, so that a report never overtakes it.

A zygote has one thread and touches as little memory as it can, because every page that it writes is copied again for
each child. The structure follows ``multiprocessing.forkserver``.
"""

import contextlib
import errno
import gc
import os
import selectors
import signal
import socket
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from heady.runtime import forking, frames, process

_STDOUT, _STDERR = 1, 2
_LOG_HEADER = struct.Struct(">IB")
_READ_SIZE = 65536


@dataclass(slots=True)
class _Child:
    """A forked process: its directory, and the pipes that it writes its log to, by their stream."""

    directory: str
    pipes: dict[int, int] = field(default_factory=dict)


class Zygote:
    """Forks a process for each connection of the service, until the control connection ends.

    Args:
        listener: where the service connects.
        control: the service's connection for commands and reports.
        serve: what a forked process does with its connection; it ends when this returns.
        directory: where each process gets a directory of its own.
    """

    def __init__(
        self,
        listener: socket.socket,
        control: socket.socket,
        serve: Callable[[socket.socket], None],
        directory: str,
    ) -> None:
        self._listener = listener
        self._control = control
        self._serve = serve
        self._directory = directory
        self._server = peer(control)
        self.children: dict[int, _Child] = {}
        self._count = 0
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._wakeup_end = os.pipe()

    def run(self) -> None:
        """Serves until the control connection has ended and so have all children."""
        for fd in (self._wakeup, self._wakeup_end):
            os.set_blocking(fd, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_end, warn_on_full_buffer=False)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._control, selectors.EVENT_READ, self._obey)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._reap)
        gc.collect()
        gc.freeze()
        while self._listener.fileno() >= 0 or self.children:
            for key, _ in self._selector.select():
                key.data()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        with connection:
            if peer(connection) == self._server:
                connection.setblocking(True)
                self._fork(connection)

    def _fork(self, connection: socket.socket) -> None:
        self._count += 1
        child = _Child(directory=f"{self._directory}/{os.getpid()}-{self._count}")
        os.mkdir(child.directory, 0o700)
        pipes = {stream: os.pipe() for stream in (_STDOUT, _STDERR)}
        zygote = os.getpid()
        pid = forking.fork()
        if pid == 0:
            self._become_child(zygote, connection, child.directory, {stream: end for stream, (_, end) in pipes.items()})
        for stream, (fd, end) in pipes.items():
            os.close(end)
            os.set_blocking(fd, False)
            child.pipes[stream] = fd
            self._selector.register(fd, selectors.EVENT_READ, lambda pid=pid, stream=stream: self._forward(pid, stream))
        self.children[pid] = child

    def _become_child(
        self, zygote: int, connection: socket.socket, directory: str, outputs: dict[int, int]
    ) -> NoReturn:
        """The forked process: drops all that is the zygote's, serves, ends without running the zygote's clean-up."""
        status = 1
        try:
            process.leave_group(zygote)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for stream, end in outputs.items():
                os.dup2(end, stream)
                os.close(end)
            self._close_own()
            os.chdir(directory)
            gc.enable()
            self._serve(connection)
            status = 0
        except SystemExit as ending:
            status = exit_status(ending)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _close_own(self) -> None:
        self._selector.close()
        self._listener.close()
        self._control.close()
        os.close(self._wakeup)
        os.close(self._wakeup_end)
        for child in self.children.values():
            for fd in child.pipes.values():
                os.close(fd)

    def _obey(self) -> None:
        frame = frames.receive(self._control)
        if frame is None:
            self.retire()
        elif frame[0] == frames.KILL:
            self.kill(struct.unpack(">I", frame[1])[0])

    def retire(self) -> None:
        """No new children; the loop ends with the last one."""
        self._selector.unregister(self._control)
        self._selector.unregister(self._listener)
        self._listener.close()

    def kill(self, pid: int) -> None:
        """Ends a child and its process group; what has left the group is ended when the child is reaped."""
        if pid in self.children:  # not reaped yet, so the id cannot be another process's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup, 512)
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.children.pop(pid, None)
            if child is None:
                continue
            self._end_strays()
            for stream in list(child.pipes):
                self._drain(pid, child, stream)
            self._report(
                frames.EXITED,
                pid=pid,
                status=os.waitstatus_to_exitcode(status),
                cpuMs=round((usage.ru_utime + usage.ru_stime) * 1000, 3),
                minorFaults=usage.ru_minflt,
                maxRssBytes=usage.ru_maxrss * 1024,
                leftover=_remove(child.directory),
            )

    def _end_strays(self) -> None:
        """Ends the processes that ended children left behind, wherever those hid.

        A child is the reaper of its own descendants, so whatever is adopted by this process has lost its child.
        """
        while strays := [pid for pid in process.children_of_self() if pid not in self.children]:
            for pid in strays:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid in strays:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _forward(self, pid: int, stream: int) -> None:
        child = self.children.get(pid)
        if child is None or stream not in child.pipes:  # reaped in the same round
            return
        data = _read(child.pipes[stream])
        if data:
            self._send(frames.LOG, _LOG_HEADER.pack(pid, stream) + data)
        elif data == b"":
            self._close_pipe(child, stream)

    def _drain(self, pid: int, child: _Child, stream: int) -> None:
        while data := _read(child.pipes[stream]):
            self._send(frames.LOG, _LOG_HEADER.pack(pid, stream) + data)
        self._close_pipe(child, stream)

    def _close_pipe(self, child: _Child, stream: int) -> None:
        fd = child.pipes.pop(stream)
        self._selector.unregister(fd)
        os.close(fd)

    def _report(self, kind: bytes, **fields: object) -> None:
        with contextlib.suppress(OSError):  # retired: nobody listens
            frames.send_json(self._control, kind, fields)

    def _send(self, kind: bytes, payload: bytes) -> None:
        with contextlib.suppress(OSError):
            frames.send(self._control, kind, payload)


def peer(connection: socket.socket) -> int | None:
    """The process at the other end of a unix socket; ``None`` where the system does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[0]


def listen(path: str) -> socket.socket:
    """A listening unix socket that only this user may connect to."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(128)
    return listener


def exit_status(ending: SystemExit) -> int:
    """The status that ``sys.exit`` would give: none is 0, a text is 1."""
    if ending.code is None:
        return 0
    return ending.code & 0xFF if isinstance(ending.code, int) else 1


def _read(fd: int) -> bytes | None:
    """What a pipe holds now; ``b""`` at its end, ``None`` where there is nothing yet."""
    try:
        return os.read(fd, _READ_SIZE)
    except BlockingIOError:
        return None


def _remove(directory: str) -> str | None:
    """Removes an empty directory, or returns the path of one that is not: the service empties it, off this loop."""
    try:
        os.rmdir(directory)
    except OSError as error:
        return directory if error.errno == errno.ENOTEMPTY else None
    return None
