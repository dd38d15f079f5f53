"""What of a value JSON cannot carry, and where it is (RFC 8259; paths as in RFC 6901).

Pydantic turns some of it into something else without a word, ``NaN`` into ``null`` and a tuple as a key into ``"1,2"``,
and names no place for the rest.
"""

import dataclasses
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_jsonable_python

from heady.response import Response
from heady.runtime import pointer

_CONTAINERS = (list, tuple, set, frozenset)
#: What is a key by its text, which is what it was made from.
_TEXTUAL = (str, int, Enum, UUID, date, time, timedelta, Decimal, PurePath)

_encode = json.JSONEncoder(allow_nan=False, check_circular=False, default=lambda value: list(_parts(value))).encode


def may_have_fault(value: Any) -> bool:
    """Whether a value that pydantic has serialised must be looked at closely; a no, found quickly in C, is sure."""
    try:
        _encode(value)
    except (TypeError, ValueError, RecursionError):
        return True
    return False


def first_fault(value: Any) -> str | None:
    """The path of the first part that JSON cannot carry, and what it is; ``None`` where there is none."""
    open_containers: set[int] = set()
    pending: list[tuple[Any, str | None]] = [(value, "")]
    while pending:
        part, path = pending.pop()
        if path is None:  # all that is in this container has been looked at
            open_containers.discard(id(part))
            continue
        if id(part) in open_containers:
            return _at(path, "a reference to what it is in")
        if fault := _fault_of(part):
            return _at(path, fault)
        if isinstance(part, Mapping) and (key := _bad_key(part)) is not None:
            return _at(path, f"the key {key}, which is no text")
        children = list(_named_parts(part))
        if children:
            open_containers.add(id(part))
            pending.append((part, None))
            pending += [(child, path + pointer.token(name)) for name, child in reversed(children)]
    return None


def _fault_of(part: Any) -> str | None:
    if isinstance(part, float):
        return None if math.isfinite(part) else _NOT_FINITE[str(part)]
    if isinstance(part, str):
        return None if is_text(part) else "a text with a lone surrogate"
    if isinstance(part, int):
        return _fault_of_integer(part)
    if part is None or _is_container(part):
        return None
    if isinstance(part, Response):
        return "a heady.Response (which a file under routes/ returns, and by itself)"
    try:
        to_jsonable_python(part)
    except (PydanticSerializationError, ValueError):
        return "bytes that are not UTF-8" if isinstance(part, bytes) else f"an object of type {type(part).__name__}"
    return None


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _fault_of_integer(part: int) -> str | None:
    digits = part.bit_length() * math.log10(2)
    most = sys.get_int_max_str_digits()
    return f"an integer of about {digits:.0f} digits" if most and digits > most else None


def _is_container(part: Any) -> bool:
    return isinstance(part, (Mapping, BaseModel, *_CONTAINERS)) or dataclasses.is_dataclass(part)


def _bad_key(mapping: Mapping[Any, Any]) -> str | None:
    for key in mapping:
        textual = isinstance(key, _TEXTUAL) and not isinstance(key, bool)
        if not textual or (isinstance(key, str) and not is_text(key)):
            return repr(key)
    return None


def _named_parts(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, BaseModel):
        yield from (*part.__dict__.items(), *(part.model_extra or {}).items())
    elif dataclasses.is_dataclass(part):
        yield from ((field.name, getattr(part, field.name, None)) for field in dataclasses.fields(part))
    elif isinstance(part, Mapping):
        yield from ((str(key), value) for key, value in part.items())
    elif isinstance(part, _CONTAINERS):
        yield from ((str(index), value) for index, value in enumerate(part))


def _parts(part: Any) -> Iterable[Any]:
    if isinstance(part, Mapping):  # one that is no dict
        yield dict(part)
    else:
        yield from (value for _, value in _named_parts(part))


def is_text(text: str) -> bool:
    """Whether it can be sent at all: the names of files, for one, may have what is not UTF-8 in them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at(path: str, fault: str) -> str:
    return f"{fault} at {path}" if path else fault
