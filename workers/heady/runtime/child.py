"""A child: serves exactly one call, in a process of its own.

It is forked ahead of need and does as little as it can: each page that it writes is copied for it alone (10 µs and
more), so what can be is done before the fork, by its zygote.
"""

import functools
import os
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import from_json

from heady import hooks
from heady.cancellation import Cancelled
from heady.context import Caller, Context
from heady.file import File
from heady.runtime import (
    answers,
    binding,
    frames,
    output,
    printing,
    returned_files,
    route_file,
    shared_modules,
    streaming,
)
from heady.runtime.field_errors import field_errors
from heady.runtime.functions import Function, call
from heady.runtime.profile import Profile
from heady.runtime.signature import NotJSONError, Output, Signature
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
        self._name: str = order["name"]
        self._file = Path(order["file"])
        self._told = _answered if route_file.is_route(self._name) else _returned
        self._functions = {**functions, _REHEARSED: rehearsal}
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
        if frame is None:
            return False
        payload = frame[1]
        end = _LENGTH.size + _LENGTH.unpack_from(payload)[0]
        order = from_json(payload[_LENGTH.size : end])
        for name, value in order["environment"].items():
            os.environ[name] = value
        kind, answer = self._answer(writer, order, payload[end:])
        printing.end_lines()
        frames.send(writer, kind, answer)
        return True

    def _answer(self, writer: int, order: Mapping[str, Any], arguments: bytes) -> frames.Frame:
        function = self._functions[order["function"]]
        signature = function.signature
        assert signature is not None, "the service does not call a function that has an error"
        try:
            apart = "given" in order or "parts" in order
            bound = binding.bind(signature, order, arguments) if apart else signature.bind(arguments)
        except (ValidationError, binding.InvalidInputError) as error:
            return _misfit(error, signature)
        except Exception as error:  # of a validator or a default of the function's own
            return answers.raised(error)
        if signature.context_name is not None:
            bound[signature.context_name] = self._context(order)
        most = order["outputBytes"]
        try:
            if signature.item is None:
                return self._told(signature.returned, call(function.target, bound), most)
            if not order.get("stream"):
                return _dumped(signature.returned, streaming.collect(function.target, bound), most)
            return _streamed(writer, function.target, bound, functools.partial(_dumped, signature.item, most=most))
        except Exception as error:
            return answers.raised(error)

    def _context(self, order: Mapping[str, Any]) -> Context:
        return Context(
            request_id=order["requestId"],
            invocation_id=order["invocationId"],
            worker=self._name,
            function=order["function"],
            deadline=time.monotonic() + order["timeoutSeconds"],
            **_of_request(order),
        )


def _of_request(order: Mapping[str, Any]) -> dict[str, Any]:
    """What a context says of the request, where there is one."""
    request = order.get("request")
    if request is None:
        return {}
    caller = Caller(**request["caller"])
    return {**request, "headers": MappingProxyType(request["headers"]), "caller": caller}


def _misfit(error: ValidationError | binding.InvalidInputError, signature: Signature) -> frames.Frame:
    if isinstance(error, binding.InvalidInputError):
        return answers.invalid_input(error.errors)
    return answers.malformed(error) or answers.invalid_input(field_errors(error, signature.parameters.names))


def _answered(output: Output, value: Any, most: int) -> frames.Frame:
    """The same as :func:`_returned` of an endpoint, whose answer may have a head."""
    if route_file.has_head(output, value):
        return _encoded(route_file.answer, output, value, most)
    return _returned(output, value, most)


def _returned(output: Output, value: Any, most: int) -> frames.Frame:
    """What is said of a returned value: it as JSON, where the file is that it is, or why that is not to be had."""
    if type(value) is not File:
        return _dumped(output, value, most)
    try:
        output.check(value)
    except ValidationError as error:
        return answers.not_of_return_type(error)
    return returned_files.told(value)


def _dumped(output: Output, value: Any, most: int) -> frames.Frame:
    """What is said of a returned value or item: it as JSON, or why that is not to be had."""
    return _encoded(_as_json, output, value, most)


def _as_json(output: Output, value: Any) -> frames.Frame:
    return frames.RESULT, output.dump(value)


def _encoded(encode: Callable[[Output, Any], frames.Frame], output: Output, value: Any, most: int) -> frames.Frame:
    try:
        kind, result = encode(output, value)
    except ValidationError as error:
        return answers.not_of_return_type(error)
    except NotJSONError as error:
        return answers.failure("worker-error", f"the returned value has no JSON form: {error}")
    if len(result) > most:
        return answers.failure("worker-output-too-large", f"the result has {len(result)} bytes", used=len(result))
    return kind, result


def _streamed(
    writer: int, target: Callable[..., Any], bound: dict[str, Any], dumped: Callable[[Any], frames.Frame]
) -> frames.Frame:
    """Sends the items of a generator; returns what is said after the last."""

    def emit(item: Any) -> None:
        kind, payload = dumped(item)
        if kind != frames.RESULT:
            raise _ItemFailed((kind, payload))
        frames.send(writer, frames.ITEM, payload)

    try:
        streaming.each(target, bound, lambda: frames.send(writer, frames.STREAM, b""), emit)
    except _ItemFailed as failed:
        return failed.frame
    return frames.RESULT, b""


class _ItemFailed(Exception):  # noqa: N818 (it ends a stream and is no error of its own)
    """An item cannot be sent: ``frame`` says why."""

    def __init__(self, frame: frames.Frame) -> None:
        super().__init__()
        self.frame = frame


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
