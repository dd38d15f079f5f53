"""JSON as RFC 8259 has it: pydantic takes ``NaN``, ``Infinity`` and numbers beyond the range of a float as well.

Its ``allow_inf_nan`` does not do: models have a configuration of their own, ``Any`` has none, and ``1e999`` is infinity
all the same.
"""

import math
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, from_json


def read(text: bytes) -> Any:
    """The value.

    Raises:
        pydantic.ValidationError: as :func:`check`, and where it is no JSON at all.
    """
    check(text)
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _invalid(text, error) from None


def check(text: bytes) -> None:
    """Refuses what is no JSON by its numbers; anything else may pass.

    Raises:
        pydantic.ValidationError: names the place in the text, or the path of each number that is beyond range.
    """
    if not _is_suspect(text):
        return
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _invalid(text, error) from None
    if beyond := list(_infinities(value, ())):
        raise ValidationError.from_exception_data("JSON", beyond, input_type="json")


def _is_suspect(text: bytes) -> bool:
    """Whether a text may have such a number; a no is sure.

    Found in C at about a nanosecond a byte: CPython's ``rfind`` skips by the first character of what is sought, which
    is rare here, and ``in`` by the last.
    """
    alike = text.translate(_ALIKE)
    return max(text.rfind(b"NaN"), text.rfind(b"Infinity"), alike.rfind(b"e000")) >= 0 or _LONG in alike


#: A float is beyond range by an exponent of three digits, or by as many digits before it.
_ALIKE = bytes.maketrans(b"+123456789E", b"0000000000e")
_LONG = b"0" * 200


def _invalid(text: bytes, error: ValueError) -> ValidationError:
    problem: InitErrorDetails = {"type": "json_invalid", "input": text, "ctx": {"error": str(error)}}
    return ValidationError.from_exception_data("JSON", [problem], input_type="json")


def _infinities(value: Any, path: tuple[int | str, ...]) -> Iterator[InitErrorDetails]:
    if isinstance(value, float) and not math.isfinite(value):
        yield {"type": "finite_number", "loc": path, "input": value}
    elif isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _infinities(part, (*path, key))
