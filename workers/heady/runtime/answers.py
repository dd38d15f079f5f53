"""What is told of a failure: why a call has no result, and why a process cannot serve."""

import errno
import json
import os
import traceback
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from heady.errors import HTTPError
from heady.runtime import frames
from heady.runtime.field_errors import FieldError

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def failure(code: str, detail: str, *, trace: str | None = None, used: int | None = None) -> frames.Frame:
    """The frame of a call without a result; ``used`` is how much of a limit, where one was hit."""
    return frames.ERROR, json.dumps({"code": code, "detail": detail, "traceback": trace, "used": used}).encode()


def raised(error: Exception) -> frames.Frame:
    """The frame of a call whose function has raised; an :class:`~heady.errors.HTTPError` is an answer of its own."""
    if isinstance(error, HTTPError):
        return _refused(error)
    if isinstance(error, MemoryError):
        return failure("worker-memory-exceeded", "MemoryError")
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return failure("worker-disk-exceeded", str(error))
    detail = f"{type(error).__name__}: {message_of(error)}"
    return failure("worker-error", _cut(detail, _MOST_OF_MESSAGE), trace=_cut(traceback_of(error), _MOST_OF_TRACEBACK))


def _refused(error: HTTPError) -> frames.Frame:
    detail = _cut(error.detail, _MOST_OF_MESSAGE)
    told = {"code": "http-error", "detail": detail, "status": error.status, "headers": error.headers}
    return frames.ERROR, json.dumps(told).encode()


def malformed(error: ValidationError) -> frames.Frame | None:
    """The frame of a call whose arguments are no JSON; ``None`` where they are."""
    problem = error.errors(include_url=False)[0]
    return failure("malformed-body", problem["msg"]) if problem["type"] == "json_invalid" else None


def invalid_input(errors: Sequence[FieldError]) -> frames.Frame:
    """The frame of a call whose arguments do not fit."""
    detail = f"{len(errors)} invalid field{'' if len(errors) == 1 else 's'}."
    return frames.ERROR, json.dumps({"code": "invalid-input", "detail": detail, "errors": errors}).encode()


def not_of_return_type(error: ValidationError) -> frames.Frame:
    """The frame of a call that returned something else than its hint promises."""
    problem = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in problem["loc"])
    where = f" at {path}" if path else ""
    return failure("worker-error", f"the returned value is not of the return type: {problem['msg']}{where}")


def describe_failure(error: BaseException, file: str = "") -> dict[str, Any]:
    """Why a file's processes cannot serve: the message with file and line, and the traceback from the file on.

    The payload of a ``FAILED`` frame. Without a file it is why there is no process.
    """
    if isinstance(error, SyntaxError) and error.filename:
        where, line = error.filename, error.lineno
    else:
        frame = next(
            (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == file), None
        )
        where, line = file, frame and frame.lineno
    message = error.msg if isinstance(error, SyntaxError) else message_of(error)
    return {
        "message": f"{type(error).__name__}: {message}",
        "file": where,
        "line": line,
        "traceback": traceback_of(error),
    }


def message_of(error: BaseException) -> str:
    """An exception's message, also of one whose ``__str__`` raises."""
    try:
        return str(error)
    except BaseException as unprintable:
        return f"(its message raised {type(unprintable).__name__})"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"


#: Characters: what a caller is told, and what the log shows.
_MOST_OF_MESSAGE, _MOST_OF_TRACEBACK = 4000, 64_000


def traceback_of(error: BaseException) -> str:
    """The traceback without the runtime's own frames."""
    described = traceback.TracebackException.from_exception(error)
    frames_of_user = [
        frame for frame in described.stack if not frame.filename.startswith((_RUNTIME, "<frozen importlib"))
    ]
    described.stack = traceback.StackSummary.from_list(frames_of_user)
    return "".join(described.format())
