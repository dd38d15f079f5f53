"""A child: serves exactly one call, in a process of its own."""

import asyncio
import inspect
import json
import os
import random
import socket
import sys
import time
import traceback
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from heady.context import Context
from heady.runtime import frames, process

if typing.TYPE_CHECKING:
    from heady.runtime.worker import Function

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Server:
    """Serves the calls of one worker: one a process.

    Args:
        worker: its name.
        functions: by their names.
        rehearsal: a function of a text that each process calls once before it waits for its call.
    """

    def __init__(self, worker: str, functions: Mapping[str, "Function"], rehearsal: "Function") -> None:
        self._worker = worker
        self._functions = functions
        self._rehearsal = rehearsal

    def serve(self, connection: socket.socket) -> None:
        """Waits for the call on this connection, answers it, and leaves the rest to the end of the process."""
        _reseed()
        self.rehearse()
        frames.send_json(connection, frames.READY, {"pid": os.getpid()})
        call, arguments = frames.receive(connection), frames.receive(connection)
        if call is None or arguments is None:
            return
        order = decode(call[1])
        os.environ.update(order["environment"], HOME=os.getcwd(), TMPDIR=os.getcwd())
        process.limit(order["cpuSeconds"], order["memoryBytes"])
        kind, payload = self._answer(self._functions[order["function"]], order, arguments[1])
        _flush()
        frames.send(connection, kind, payload)

    def rehearse(self) -> None:
        """Walks the whole path of a call once.

        In a child it copies the pages that a call writes before the call is there; in its zygote, some times before
        the first fork, it settles what the interpreter specialises and caches on the way, for all children.
        """
        service, connection = socket.socketpair()
        with service, connection:
            frames.send(service, frames.CALL, _REHEARSED_ORDER)
            frames.send(service, frames.INPUT, b'{"text": "rehearsed"}')
            call, arguments = frames.receive(connection), frames.receive(connection)
            assert call is not None and arguments is not None
            frames.send(connection, *self._answer(self._rehearsal, decode(call[1]), arguments[1]))

    def _answer(self, function: "Function", order: Mapping[str, Any], arguments: bytes) -> frames.Frame:
        signature = function.signature
        assert signature is not None, "the service does not call a function that has an error"
        context = Context(
            request_id=order["requestId"],
            invocation_id=order["invocationId"],
            worker=self._worker,
            function=function.name,
            deadline=time.monotonic() + order["timeoutSeconds"],
        )
        try:
            bound = signature.bind(arguments, context)
        except ValidationError as error:
            return _invalid_input(error)
        try:
            result = signature.dump(run(function.target, bound))
        except MemoryError:
            return _error("worker-memory-exceeded", "MemoryError")
        except ValidationError as error:
            return _error("worker-error", f"the returned value is not of the return type: {_first(error)}")
        except PydanticSerializationError as error:
            return _error("worker-error", f"the returned value has no JSON form: {error}")
        except Exception as error:
            return _error("worker-error", f"{type(error).__name__}: {message_of(error)}", traceback_of(error))
        if len(result) > order["outputBytes"]:
            return _error("worker-output-too-large", f"the result has {len(result)} bytes", used=len(result))
        return frames.RESULT, result


_REHEARSED_ORDER = b'{"requestId": "", "invocationId": "", "timeoutSeconds": 1, "outputBytes": 1024}'


def run(target: Any, arguments: dict[str, Any]) -> Any:
    """Calls a function, sync or async; a generator's items come as a list."""
    returned = target(**arguments)
    if inspect.iscoroutine(returned):
        return asyncio.run(returned)
    if inspect.isgenerator(returned):
        return list(returned)
    if inspect.isasyncgen(returned):
        return asyncio.run(_collect(returned))
    return returned


async def _collect(items: typing.AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


def decode(payload: bytes) -> Any:
    """The value of a JSON payload."""
    return json.loads(payload)


def message_of(error: BaseException) -> str:
    """An exception's message, also of one whose ``__str__`` raises."""
    try:
        return str(error)
    except Exception as unprintable:
        return f"(its message raised {type(unprintable).__name__})"


def traceback_of(error: BaseException) -> str:
    """The traceback without the runtime's own frames."""
    described = traceback.TracebackException.from_exception(error)
    frames_of_user = [
        frame for frame in described.stack if not frame.filename.startswith((_RUNTIME, "<frozen importlib"))
    ]
    described.stack = traceback.StackSummary.from_list(frames_of_user)
    return "".join(described.format())


def _invalid_input(error: ValidationError) -> frames.Frame:
    errors = [
        {"pointer": "".join(f"/{_escape(part)}" for part in problem["loc"]), "detail": problem["msg"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    if error.errors()[0]["type"] == "json_invalid":
        return _error("malformed-body", errors[0]["detail"])
    return frames.ERROR, json.dumps(
        {"code": "invalid-input", "detail": _plural(len(errors)), "errors": errors}
    ).encode()


def _escape(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")  # RFC 6901


def _plural(count: int) -> str:
    return f"{count} invalid field{'' if count == 1 else 's'}."


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in problem["loc"])
    return f"{problem['msg']}{f' at {path}' if path else ''}"


def _error(code: str, detail: str, traceback: str | None = None, used: int | None = None) -> frames.Frame:
    return frames.ERROR, json.dumps({"code": code, "detail": detail, "traceback": traceback, "used": used}).encode()


def _reseed() -> None:
    """Forked processes share the state of the generators: each must draw numbers of its own."""
    random.seed()
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # closed by the function
            continue
