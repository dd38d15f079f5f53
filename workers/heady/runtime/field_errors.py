"""What is wrong with the arguments of a call: JSON pointers (RFC 6901), each with what is wrong there."""

import difflib
from collections.abc import Mapping, Sequence
from typing import TypedDict

from pydantic import ValidationError

from heady.runtime import pointer


class FieldError(TypedDict):
    """One argument, or a part of it, that does not fit."""

    pointer: str
    detail: str


#: Told of one call: nobody reads more, and each unknown name is compared with all that there are.
_MOST = 50

#: Where an argument that is not part of a body is pointed at.
_BASES = {"path": "/params", "query": "/query"}


def field_errors(error: ValidationError, names: Sequence[str], sources: Mapping[str, str] = {}) -> list[FieldError]:
    """The errors of a validation.

    Args:
        error: what the validation raised.
        names: of the function's parameters.
        sources: what gave each argument, as ``path``, ``query``, ``form`` or ``body``.
    """
    found: list[FieldError] = []
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems[:_MOST]:
        where = problem["loc"]
        unknown = problem["type"] == "extra_forbidden" and len(where) == 1
        detail = _no_parameter(str(where[0]), names) if unknown else problem["msg"]
        source = sources.get(str(where[0]), "body") if where else "body"
        found.append({"pointer": at(source, *where), "detail": detail})
    if len(problems) > _MOST:
        found.append({"pointer": "", "detail": f"And {len(problems) - _MOST} more."})
    return found


def at(source: str, *where: int | str) -> str:
    """The pointer to a part of what a source gave."""
    return _BASES.get(source, "") + "".join(map(pointer.token, where))


def _no_parameter(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=2) or difflib.get_close_matches(name.lower(), names, n=2)
    if near:
        return f"No parameter takes '{name}'. Did you mean {_quoted(near, ' or ')}?"
    there = f"There {'is' if len(names) == 1 else 'are'} {_quoted(names[:20], ', ')}." if names else "There is none."
    return f"No parameter takes '{name}'. {there}"


def _quoted(names: Sequence[str], between: str) -> str:
    return between.join(f"'{name}'" for name in names)
