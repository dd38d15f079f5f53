"""What a text of a path, a query or a form stands for, by the JSON Schema of what it is given for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from heady.runtime import strict_json

_Leaf = Mapping[str, Any]


class Texts:
    """The texts, or files, that may be given for one parameter.

    Args:
        schema: of the parameter.
        definitions: what it refers to, by name.
    """

    def __init__(self, schema: Any, definitions: Mapping[str, Any]) -> None:
        self._leaves = list(_leaves(schema, definitions, frozenset()))
        arrays = (leaf for leaf in self._leaves if "array" in _types(leaf))
        self._items = [item for array in arrays for item in _leaves(array.get("items", {}), definitions, frozenset())]
        self._types = _types(*self._leaves)

    @property
    def take_fractions(self) -> bool:
        """Whether a part of what they stand for may be a number that is no integer."""
        return not _types(*self._leaves, *self._items) <= {"string", "integer", "boolean", "null", "array"}

    @property
    def are_keys(self) -> bool:
        """Whether they can be no more than keys of stored files: a hint that takes a text as well has it as it is."""
        leaves = [*self._leaves, *self._items]
        files = [leaf for leaf in leaves if leaf.get("format") == "binary"]
        return bool(files) and not _types(*(leaf for leaf in leaves if leaf not in files)) & {"string", None}

    def is_list(self, values: Sequence[Any]) -> bool:
        """Whether these are one list, also where there is only one; not where more than one is wrong."""
        if "array" in self._types and not self._types & {"string", "object", None}:
            return True
        return len(values) > 1 and bool(self._types & {"array", None})

    def read(self, values: Sequence[Any]) -> Any:
        """What they stand for together.

        Raises:
            ValueError: JSON is wanted, and one is none.
        """
        if not self.is_list(values):
            return _read(values[0], self._leaves)
        items = [_read(value, self._items) for value in values]
        return items[0] if len(items) == 1 and isinstance(items[0], list) else items


def _read(value: Any, leaves: Sequence[_Leaf]) -> Any:
    """As pydantic's ``validate_strings``, the first of the alternatives that takes it; else what the hint makes of it.

    That alone would not do: it knows no literals or enums of numbers, no lists, and is for texts alone.
    """
    if not isinstance(value, str):
        return value
    scalar = _scalar(value)
    for leaf in leaves:
        if _takes(leaf, value):
            return value
        if scalar is not None and _takes(leaf, scalar):
            return scalar
    types = _types(*leaves)
    return _read_json(value) if "object" in types and not types & {"string", None} else value


def _scalar(text: str) -> bool | int | float | None:
    """The number or the boolean that a text is the JSON of."""
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError:
        return None
    return value if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)) else None


def _read_json(text: str) -> Any:
    try:
        return strict_json.read(text.encode(errors="replace"))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise ValueError(f"JSON is wanted: {problem.get('ctx', {}).get('error', problem['msg'])}.") from None


def _takes(leaf: _Leaf, value: str | bool | float) -> bool:
    choices = _choices(leaf)
    if choices is None:
        return bool(_types(leaf) & _FITTING[type(value)])
    return any(choice == value and isinstance(choice, bool) is isinstance(value, bool) for choice in choices)


_FITTING: Mapping[type, frozenset[str | None]] = {
    str: frozenset({"string", None}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
}


def _choices(leaf: _Leaf) -> Sequence[Any] | None:
    return [leaf["const"]] if "const" in leaf else leaf.get("enum")


def _types(*leaves: _Leaf) -> frozenset[str | None]:
    """The types of JSON value that they allow; ``None`` where one allows any."""
    return frozenset(kind for leaf in leaves for kind in _types_of(leaf))


def _types_of(leaf: _Leaf) -> Sequence[str | None]:
    if "type" in leaf:
        return [leaf["type"]] if isinstance(leaf["type"], str) else leaf["type"]
    choices = _choices(leaf)
    return [None] if choices is None else [_NAMES.get(type(choice)) for choice in choices]


_NAMES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _leaves(schema: Any, definitions: Mapping[str, Any], seen: frozenset[str]) -> Iterator[_Leaf]:
    """The alternatives of a schema, in their order, none of which has alternatives."""
    if not isinstance(schema, Mapping):
        yield {}
    elif reference := schema.get("$ref"):
        name = str(reference).rpartition("/")[2]
        if name not in seen:  # else it is within itself, and adds nothing
            yield from _leaves(definitions.get(name, {}), definitions, seen | {name})
    elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for alternative in alternatives:
            yield from _leaves(alternative, definitions, seen)
    else:
        yield schema
