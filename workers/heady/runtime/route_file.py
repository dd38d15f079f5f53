"""What holds for the files under ``routes/``, each of which is an endpoint, and not for those of ``workers/``."""

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from heady.response import Response
from heady.runtime import frames
from heady.runtime.functions import Function
from heady.runtime.signature import Output

_LENGTH = struct.Struct(">I")


class RouteFileError(Exception):
    """A file under ``routes/`` that is no endpoint."""


def is_route(name: str) -> bool:
    """Whether that is the name of a file under ``routes/``, which is its path, and not of one in ``workers/``."""
    return name.startswith("routes/")


def check(name: str, functions: Mapping[str, Function]) -> None:
    """Sees that an endpoint has one function, and that only an endpoint says who may call it.

    Raises:
        RouteFileError: a file under ``routes/`` has none or several.
    """
    if is_route(name):
        if len(functions) != 1:
            raise RouteFileError(_not_one(list(functions)))
        return
    for function in functions.values():
        if function.declaration.access is not None:
            function.error = (
                f"{function.name}: access= is for files under routes/; functions in workers/ are private, always"
            )


def _not_one(names: list[str]) -> str:
    if not names:
        return "it has no public function with type hints or @heady.function, and an endpoint is one"
    return f"it has {len(names)} public functions, {', '.join(names)}, and an endpoint is one: begin others with _"


def has_head(output: Output, value: Any) -> bool:
    """Whether what an endpoint returns is answered by more than it as JSON."""
    return output.is_nothing or isinstance(value, str | bytes | Response)


def answer(output: Output, value: Any) -> frames.Frame:
    """The frame of an answer that has a head, and a body that need not be JSON.

    Raises:
        pydantic.ValidationError: what was returned is not of the return type.
        NotJSONError: a part of it has no JSON form; says which.
        ValueError: a content length is not the body's.
    """
    checked = output.check(value)
    if isinstance(checked, Response):
        return _packed(checked.status, checked.headers, _encoded(checked.body, _ANYTHING))
    if output.is_nothing:
        return _packed(204, [], _Content(b"", None))
    return _packed(200, [], _encoded(checked, output))


class _Content(NamedTuple):
    body: bytes
    #: Its media type, where there is a body.
    type: str | None


def _encoded(body: Any, output: Output) -> _Content:
    if body is None:
        return _Content(b"", None)
    if type(body) is str:
        return _Content(body.encode(), "text/plain; charset=utf-8")
    if isinstance(body, bytes | bytearray | memoryview):
        return _Content(bytes(body), "application/octet-stream")
    return _Content(output.to_json(body), "application/json")


#: Gives the JSON form of any value.
_ANYTHING = Output(Any)


def _packed(status: int, headers: list[tuple[str, str]], content: _Content) -> frames.Frame:
    kept = [(name, value) for name, value in headers if name != "content-length"]
    for name, value in headers:
        if name == "content-length" and value != str(len(content.body)):
            raise ValueError(f"the content length is {len(content.body)}, not {value}")
    if content.type and all(name != "content-type" for name, _ in kept):
        kept.append(("content-type", content.type))
    head = json.dumps({"status": status, "headers": kept}).encode()
    return frames.ANSWER, _LENGTH.pack(len(head)) + head + content.body
