"""Calls of a worker's functions: from what the service sends to what it is told."""

import functools
import select
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from heady.context import Caller, Context
from heady.file import File
from heady.runtime import answers, binding, frames, returned_files, route_file, streaming
from heady.runtime.field_errors import field_errors
from heady.runtime.functions import Function, call
from heady.runtime.signature import NotJSONError, Output, Signature


class Calls:
    """The functions of one worker, to be called.

    Args:
        name: the worker's.
        functions: by their names.
    """

    def __init__(self, name: str, functions: Mapping[str, Function]) -> None:
        self._name = name
        self._functions = functions
        self._told = _answered if route_file.is_route(name) else _returned

    def answer(self, writer: int, order: Mapping[str, Any], arguments: bytes) -> frames.Frame:
        """Calls a function; returns the last frame that the service is told of it.

        Args:
            writer: where the frames before go, of the items of a generator, and where the service says that it drains.
            order: what the service says of the call.
            arguments: a JSON object.
        """
        function = self._functions[order["function"]]
        signature = function.signature
        assert signature is not None, "the service does not call a function that has an error"
        try:
            apart = not order.keys().isdisjoint(("given", "parts", "stored"))
            bound = binding.bind(signature, order, arguments) if apart else signature.bind(arguments)
        except (ValidationError, binding.InvalidInputError) as error:
            return _misfit(error, signature)
        except Exception as error:  # of a validator or a default of the function's own
            return answers.raised(error)
        if signature.context_name is not None:
            bound[signature.context_name] = self._context(order, writer)
        most = order["outputBytes"]
        try:
            if signature.item is None:
                return self._told(signature.returned, call(function.target, bound), most)
            if not order.get("stream"):
                return _dumped(signature.returned, streaming.collect(function.target(**bound)), most)
            return _streamed(writer, function.target(**bound), functools.partial(_dumped, signature.item, most=most))
        except Exception as error:
            return answers.raised(error)

    def _context(self, order: Mapping[str, Any], connection: int) -> Context:
        return Context(
            request_id=order["requestId"],
            invocation_id=order["invocationId"],
            worker=self._name,
            function=order["function"],
            deadline=time.monotonic() + order["timeoutSeconds"],
            _is_draining=functools.partial(_has_been_told, connection),
            **_of_request(order),
        )


def _has_been_told(connection: int) -> bool:
    """Whether the service has said that it drains: while a call is served it says nothing else."""
    poll = select.poll()  # one for each time: several threads may ask at once
    poll.register(connection, select.POLLIN)
    return any(event & select.POLLIN for _, event in poll.poll(0))


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
        return _encoded(lambda: route_file.answer(output, value), most)
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
    return _encoded(lambda: (frames.RESULT, output.dump(value)), most)


def _encoded(encode: Callable[[], frames.Frame], most: int) -> frames.Frame:
    try:
        kind, result = encode()
    except ValidationError as error:
        return answers.not_of_return_type(error)
    except NotJSONError as error:
        return answers.failure("worker-error", f"the returned value has no JSON form: {error}")
    if len(result) > most:
        return answers.failure("worker-output-too-large", f"the result has {len(result)} bytes", used=len(result))
    return kind, result


def _streamed(writer: int, returned: Any, dumped: Callable[[Any], frames.Frame]) -> frames.Frame:
    """Sends the items of a generator; returns what is said after the last."""

    def emit(item: Any) -> None:
        kind, payload = dumped(item)
        if kind != frames.RESULT:
            raise _ItemFailed((kind, payload))
        frames.send(writer, frames.ITEM, payload)

    try:
        streaming.each(returned, lambda: frames.send(writer, frames.STREAM, b""), emit)
    except _ItemFailed as failed:
        return failed.frame
    return frames.RESULT, b""


class _ItemFailed(Exception):  # noqa: N818 (it ends a stream and is no error of its own)
    """An item cannot be sent: ``frame`` says why."""

    def __init__(self, frame: frames.Frame) -> None:
        super().__init__()
        self.frame = frame
