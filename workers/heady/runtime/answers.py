"""What is told of a failure: why a call has no result, and why a process cannot serve."""

import errno
import json
import traceback
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from heady.errors import HTTPError
from heady.runtime import frames, shared_modules
from heady.runtime.field_errors import FieldError
from heady.runtime.tracebacks import message_of, source_of, traceback_of


def failure(code: str, detail: str, *, used: int | None = None) -> frames.Frame:
    """The frame of a call without a result; ``used`` is how much of a limit, where one was hit."""
    return frames.ERROR, json.dumps({"code": code, "detail": detail, "used": used}).encode()


def raised(error: Exception) -> frames.Frame:
    """The frame of a call whose function has raised; an :class:`~heady.errors.HTTPError` is an answer of its own."""
    if isinstance(error, HTTPError):
        return _refused(error)
    if isinstance(error, MemoryError):
        return failure("worker-memory-exceeded", "MemoryError")
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return failure("worker-disk-exceeded", str(error))
    detail = f"{type(error).__name__}: {message_of(error)}"
    told = {
        "code": "worker-error",
        "detail": _cut(detail, _MOST_OF_MESSAGE),
        "traceback": _cut(traceback_of(error), _MOST_OF_TRACEBACK),
        "source": source_of(error),
    }
    return frames.ERROR, json.dumps(told).encode()


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
        raised_in = reversed(traceback.extract_tb(error.__traceback__))
        own = (frame for frame in raised_in if frame.filename == file or shared_modules.is_below_root(frame.filename))
        where, line = next(((frame.filename, frame.lineno) for frame in own), (file, None))
    message = error.msg if isinstance(error, SyntaxError) else message_of(error)
    return {
        "message": f"{type(error).__name__}: {message}",
        "file": where,
        "line": line,
        "traceback": traceback_of(error),
    }


def _cut(text: str, most: int) -> str:
    """A text of ``most`` characters, and how many more there were."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"


#: Characters: more than the service tells, which first masks the secrets that a cut would go through.
_MOST_OF_MESSAGE, _MOST_OF_TRACEBACK = 8000, 68_000
