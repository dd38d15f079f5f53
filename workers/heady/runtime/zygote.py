"""The loop of a zygote: a connection is a child.

A zygote listens on unix sockets. For each connection it accepts, it forks a process that serves that connection and
ends; when a process ends, it reaps it, ends whatever that left behind, and reports. What a child writes to stdout and
stderr passes through here, so that a report never overtakes it.

A zygote has one thread and touches as little memory as it can, because every page that it writes is copied again for
each child. The structure follows ``multiprocessing.forkserver``.
"""

import contextlib
import functools
import gc
import os
import select
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from heady.runtime import answers, connections, forking, frames, printing, process, randomness, records
from heady.runtime.slots import Slot, Slots

#: Bound here, as what runs in a child for the first time looks up an attribute at the price of two copied pages.
_dup2, _getppid, _exit = os.dup2, os.getppid, os._exit

_STDOUT, _STDERR = 1, 2
_PID = struct.Struct(">I")
_LOG_HEADER = struct.Struct(">IB")
#: Process id, status, microseconds of CPU time, minor faults, peak resident kilobytes.
_EXIT = struct.Struct(">IiQQQ")
_READ_SIZE = 65536
#: Left free below a zygote's own descriptors for those that a worker opens later.
_DESCRIPTOR_GAP = 64
#: How often to look for ended children where there is no descriptor that tells.
_POLL_MILLISECONDS = None if hasattr(os, "pidfd_open") else 50


@dataclass(slots=True)
class Port:
    """A socket whose connections become processes of one kind."""

    listener: socket.socket
    #: What a process does with the descriptor of its connection; it ends when this returns.
    serve: Callable[[int], None]
    #: Where its temporary directories come from.
    slots: Slots
    #: What it does to itself before it serves, beside what confines it to its directory.
    steps: Sequence[process.Step]


@dataclass(slots=True)
class _Child:
    """A forked process: its directory, the pipes of its stdout and stderr, and the descriptor that tells its end."""

    port: Port
    slot: Slot
    pipes: dict[int, int]
    ending: int | None


class Zygote:
    """Forks a process for each connection of the service, until the control connection ends.

    Args:
        control: the descriptor of the service's connection for commands and reports.
        server: the process id of the service, ``None`` where the system does not tell.
        before_fork: called before each fork; what it raises is why there is none.
    """

    def __init__(self, control: int, server: int | None, before_fork: Callable[[], None] = lambda: None) -> None:
        self._pid = os.getpid()
        self._ceiling = process.raise_descriptor_limit()
        self._floor = process.highest_descriptor() + _DESCRIPTOR_GAP
        self._control = control
        self._server = server
        self._before_fork = before_fork
        self._fork_process = forking.way_to_fork()
        self._ports: list[Port] = []
        self.children: dict[int, _Child] = {}
        #: By descriptor, what to do when there is something to read. Plain ``poll``: what ``selectors`` keeps of each
        #: descriptor is more pages to write to, and most have a descriptor themselves, for children to inherit.
        self._readers: dict[int, Callable[[], None]] = {}
        self._poll = select.poll()

    def open(self, path: str, serve: Callable[[int], None], slots: Slots, steps: Sequence[process.Step] = ()) -> None:
        """Listens at a path; see :class:`Port`."""
        self.adopt(connections.listen(path), serve, slots, steps)

    def adopt(
        self, listener: socket.socket, serve: Callable[[int], None], slots: Slots, steps: Sequence[process.Step] = ()
    ) -> None:
        """Serves the connections of a listening socket; see :class:`Port`."""
        lifted = socket.socket(fileno=process.lift(listener.detach(), self._floor))
        lifted.setblocking(False)
        close = functools.partial(os.closerange, self._floor, self._ceiling)
        self._ports.append(Port(lifted, serve, slots, [close, *process.leaving_group(), *steps]))

    def run(self) -> None:
        """Serves until the control connection has ended and so have all children."""
        self._control = process.lift(self._control, self._floor)
        for port in self._ports:
            self._watch(port.listener.fileno(), functools.partial(self._accept, port))
        self._watch(self._control, self._obey)
        gc.collect()
        gc.freeze()
        gc.enable()  # here and not in each child; what is frozen no collection looks at
        while self._ports or self.children:
            for fd, _ in self._poll.poll(_POLL_MILLISECONDS):
                if fd in self._readers:  # else unwatched in this round
                    self._readers[fd]()
            if _POLL_MILLISECONDS is not None:
                for pid in list(self.children):
                    self._reap(pid)

    def _watch(self, fd: int, read: Callable[[], None]) -> None:
        self._readers[fd] = read
        self._poll.register(fd, select.POLLIN)

    def _unwatch(self, fd: int) -> None:
        del self._readers[fd]
        self._poll.unregister(fd)

    def _accept(self, port: Port) -> None:
        refusal = self._refusal()
        try:
            connection, peer = connections.accept(port.listener.fileno())
        except (BlockingIOError, ConnectionAbortedError):
            return
        try:
            if peer != self._server:
                return
            if refusal is not None:
                raise refusal
            self._fork(port, connection)
        except Exception as error:
            frames.send_json(connection, frames.FAILED, answers.describe_failure(error))
        finally:
            os.close(connection)

    def _refusal(self) -> Exception | None:
        """Why there can be no fork now, by what is called before each."""
        try:
            self._before_fork()
        except Exception as error:
            return error
        return None

    def _fork(self, port: Port, connection: int) -> None:
        slot = port.slots.take()
        slot.enter()
        randomness.reseed()
        steps = (*slot.confining, *port.steps)
        stdout, stdout_end = self._pipe()
        stderr, stderr_end = self._pipe()
        try:
            pid = self._fork_process()
        except OSError:
            for fd in (stdout, stdout_end, stderr, stderr_end):
                os.close(fd)
            port.slots.release(slot)
            raise
        if pid == 0:
            _dup2(stdout_end, _STDOUT)
            _dup2(stderr_end, _STDERR)
            self._become_child(steps, port.serve, connection)
        os.close(stdout_end)
        os.close(stderr_end)
        ending = process.lift(os.pidfd_open(pid), self._floor) if _POLL_MILLISECONDS is None else None
        self.children[pid] = _Child(port, slot, {_STDOUT: stdout, _STDERR: stderr}, ending)
        if ending is not None:  # first, as an end closes the pipes as well: then there is one thing to do and not three
            self._watch(ending, functools.partial(self._reap, pid))
        self._watch(stdout, functools.partial(self._forward, pid, _STDOUT))
        self._watch(stderr, functools.partial(self._forward, pid, _STDERR))

    def _pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        return process.lift(reader, self._floor), process.lift(writer, self._floor)

    def _become_child(self, steps: Sequence[process.Step], serve: Callable[[int], None], connection: int) -> NoReturn:
        """The forked process: drops all that is the zygote's, serves, ends without running the zygote's clean-up."""
        status = 1
        try:
            for step in steps:
                if step():
                    raise OSError(f"{step} failed")
            if _getppid() == self._pid:  # else it died before its death could be followed
                serve(connection)
                status = 0
        except SystemExit as ending:
            printing.end_lines()
            status = exit_status(ending)
        except BaseException as error:
            printing.end_lines()
            records.send_failure(error, "uncaught")
        finally:
            _exit(status)

    def _obey(self) -> None:
        frame = frames.receive(self._control)
        if frame is None:
            self.retire()
        elif frame[0] == frames.KILL:
            self.kill(_PID.unpack(frame[1])[0])
        elif frame[0] == frames.TERMINATE:
            self._terminate(_PID.unpack(frame[1])[0])
        elif frame[0] == frames.SYNC:
            self._synchronize(_PID.unpack(frame[1])[0])

    def retire(self) -> None:
        """No new children; the loop ends with the last one."""
        self._unwatch(self._control)
        for port in self._ports:
            self._unwatch(port.listener.fileno())
            port.listener.close()
        self._ports.clear()

    def kill(self, pid: int) -> None:
        """Ends a child and its descendants; what escapes is adopted and ended when the child is reaped."""
        if pid in self.children:  # not reaped yet, so the id cannot be another process's
            process.kill_tree(pid)

    def _terminate(self, pid: int) -> None:
        if pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _synchronize(self, pid: int) -> None:
        if child := self.children.get(pid):
            for stream in child.pipes:
                self._hand_on(pid, stream, child.pipes[stream])
        self._send(frames.SYNC, _PID.pack(pid))

    def _reap(self, pid: int) -> None:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended == 0:
            return
        child = self.children.pop(pid)
        self._end_strays()
        for stream in list(child.pipes):
            self._drain(pid, child, stream)
        if child.ending is not None:
            self._close(child.ending)
        leftover = child.port.slots.release(child.slot)
        cpu = round((usage.ru_utime + usage.ru_stime) * 1e6)
        report = _EXIT.pack(pid, os.waitstatus_to_exitcode(status), cpu, usage.ru_minflt, usage.ru_maxrss)
        self._send(frames.EXITED, report + os.fsencode(leftover or ""))

    def _end_strays(self) -> None:
        """Ends the processes that ended children left behind, wherever those hid.

        A child is the reaper of its own descendants, so whatever is adopted by this process has lost its child.
        """
        while strays := [pid for pid in process.children_of_self() if pid not in self.children]:
            for pid in strays:  # all of them before any is waited for: a bomb must not gain ground meanwhile
                process.kill_tree(pid)
            for pid in strays:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _forward(self, pid: int, stream: int) -> None:
        child = self.children[pid]
        data = _read(child.pipes[stream])
        if data:
            self._send(frames.LOG, _LOG_HEADER.pack(pid, stream) + data)
        elif data == b"":
            self._close(child.pipes.pop(stream))

    def _drain(self, pid: int, child: _Child, stream: int) -> None:
        self._hand_on(pid, stream, child.pipes[stream])
        self._close(child.pipes.pop(stream))

    def _hand_on(self, pid: int, stream: int, fd: int) -> None:
        while data := _read(fd):
            self._send(frames.LOG, _LOG_HEADER.pack(pid, stream) + data)

    def _close(self, fd: int) -> None:
        self._unwatch(fd)
        os.close(fd)

    def _send(self, kind: bytes, payload: bytes) -> None:
        with contextlib.suppress(OSError):  # retired: nobody listens
            frames.send(self._control, kind, payload)


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
