"""What is told of a failure: why a call has no result, and why a process cannot serve."""

import errno
import json
import os
import traceback
from typing import Any

from pydantic import ValidationError

from heady.runtime import frames, pointer

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def failure(code: str, detail: str, *, trace: str | None = None, used: int | None = None) -> frames.Frame:
    """The frame of a call without a result; ``used`` is how much of a limit, where one was hit."""
    return frames.ERROR, json.dumps({"code": code, "detail": detail, "traceback": trace, "used": used}).encode()


def raised(error: Exception) -> frames.Frame:
    """The frame of a call whose function has raised."""
    if isinstance(error, MemoryError):
        return failure("worker-memory-exceeded", "MemoryError")
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return failure("worker-disk-exceeded", str(error))
    detail = f"{type(error).__name__}: {message_of(error)}"
    return failure("worker-error", _cut(detail, _MOST_OF_MESSAGE), trace=_cut(traceback_of(error), _MOST_OF_TRACEBACK))


def invalid_input(error: ValidationError) -> frames.Frame:
    """The frame of a call whose arguments do not fit: JSON pointers (RFC 6901) to what is wrong."""
    errors = [
        {"pointer": "".join(map(pointer.token, problem["loc"])), "detail": problem["msg"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    if error.errors()[0]["type"] == "json_invalid":
        return failure("malformed-body", errors[0]["detail"])
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
