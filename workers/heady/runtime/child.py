"""A child: serves exactly one call, in a process of its own.

It is forked ahead of need and does as little as it can: each page that it writes is copied for it alone (10 µs and
more), so what can be is done before the fork, by its zygote.
"""

import functools
import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic_core import from_json

from heady import hooks
from heady.cancellation import Cancelled
from heady.runtime import answers, frames, output, printing, shared_modules
from heady.runtime.calls import Calls
from heady.runtime.functions import Function
from heady.runtime.profile import Profile
from heady.runtime.time_limit import run_hooks

#: Of a process that says that it waits, and answers: more were the function's own, or those of a long answer.
_OWN_WRITES = 2
_LENGTH = struct.Struct(">I")
_READY = struct.Struct(">I?")


class Server:
    """Serves the calls of one worker: one a process.

    Args:
        order: what the service says of it: its name and its file.
        functions: by their names.
        rehearsal: a function of a text that each process calls once before it waits for its call.
    """

    def __init__(self, order: Mapping[str, Any], functions: Mapping[str, Function], rehearsal: Function) -> None:
        self._file = Path(order["file"])
        self._calls = Calls(order["name"], {**functions, _REHEARSED: rehearsal})
        #: What a process has looked for since it said so last; asked for only where it may be something, as asking
        #: copies pages.
        self._imports: Sequence[str] = ()

    def serve(self, connection: int) -> None:
        """Rehearses, waits for the call on this connection, answers it, and leaves the rest to the process's end."""
        self.rehearse()
        self._serve(connection, connection)

    def serve_many(self, connection: int) -> None:
        """The same for one call after the other, until the connection ends."""
        self.rehearse()
        count_writes = output.write_counter()
        before, wrote = count_writes(), False
        while self._serve(connection, connection, wrote=wrote):
            os.chdir(os.environ["TMPDIR"])
            self._imports = shared_modules.sought_since()
            after = count_writes()
            wrote = before is None or after is None or after - before != _OWN_WRITES
            before = after

    def serving(self, profile: Profile) -> Callable[[int], None]:
        """What a process of that profile does with its connection."""
        serve = self.serve_many if profile.isolation == "reuse" else self.serve
        return functools.partial(_gracefully, serve) if profile.graceful else serve

    def prepare(self, serve: Callable[[int], None], connection: int) -> None:
        """Says that it is there, gets its environment variables and runs the worker's hooks, before it serves."""
        frames.send(connection, frames.READY, ready())
        os.environ.update(frames.receive_json(connection, frames.PREPARE))
        try:
            run_hooks(hooks.after)
            self._imports = shared_modules.sought_since()
        except BaseException as error:
            frames.send_json(connection, frames.FAILED, answers.describe_failure(error, str(self._file)))
            sys.exit(1)
        serve(connection)

    def rehearse(self) -> None:
        """Walks the whole path of a call once.

        In a child it copies the pages that a call writes before the call is there; in its zygote, some times before
        the first fork, it settles what the interpreter specialises and caches on the way, for all children.
        """
        reader, writer = os.pipe()
        frames.send(writer, frames.CALL, _REHEARSED_CALL)
        self._serve(reader, writer)
        os.close(reader)
        os.close(writer)

    def _serve(self, reader: int, writer: int, *, wrote: bool = False) -> bool:
        """Says that it waits, and whether the call before wrote something; serves the call that comes, if one does."""
        frames.send(writer, frames.READY, ready(wrote=wrote, imports=self._imports))
        frame = frames.receive(reader)
        while frame is not None and frame[0] == frames.DRAINING:  # of the call before
            frame = frames.receive(reader)
        if frame is None:
            return False
        payload = frame[1]
        end = _LENGTH.size + _LENGTH.unpack_from(payload)[0]
        order = from_json(payload[_LENGTH.size : end])
        for name, value in order["environment"].items():
            os.environ[name] = value
        kind, answer = self._calls.answer(writer, order, payload[end:])
        printing.end_lines()
        frames.send(writer, kind, answer)
        return True


def _gracefully(serve: Callable[[int], None], connection: int) -> None:
    """Serves so that SIGTERM is heard in the function; ends quietly when that let it pass."""
    signal.signal(signal.SIGTERM, _cancel)
    try:
        serve(connection)
    except Cancelled:
        sys.exit(0)


def _cancel(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: cleaning up is not to be disturbed
    raise Cancelled


def ready(*, wrote: bool = False, imports: Sequence[str] = ()) -> bytes:
    """What a process says of itself when it waits for its order.

    Args:
        wrote: whether the call before may have written to stdout or stderr.
        imports: the shared modules that it has looked for since it said so last.
    """
    directory = os.getcwd()
    told = "\0".join([directory, *imports]) if imports else directory
    return _READY.pack(os.getpid(), wrote) + os.fsencode(told)


_REHEARSED = ""
_REHEARSED_ORDER = b"""{
    "requestId": "", "invocationId": "", "function": "", "timeoutSeconds": 1, "outputBytes": 1024,
    "environment": {"HEADY_INFERENCE_TOKEN": ""}
}"""
_REHEARSED_CALL = _LENGTH.pack(len(_REHEARSED_ORDER)) + _REHEARSED_ORDER + b'{"text": "rehearsed"}'
