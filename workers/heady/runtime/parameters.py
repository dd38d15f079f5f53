"""What a function's parameters take when they are given apart from a JSON body, as in a query or a form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class Parameters:
    """The parameters of a function, by the names that they are given by.

    Args:
        schema: of the arguments, as a JSON Schema object.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        definitions = schema.get("$defs", {})
        self._types = {
            name: frozenset(_types(part, definitions, frozenset()))
            for name, part in schema.get("properties", {}).items()
        }

    def __contains__(self, name: str) -> bool:
        return name in self._types

    @property
    def names(self) -> list[str]:
        """In the order of the function's definition."""
        return list(self._types)

    def is_list(self, name: str, values: Sequence[Any]) -> bool:
        """Whether these texts or files are one list, also where there is only one; not where more than one is wrong."""
        types = self._types.get(name, _ANYTHING)
        if "array" in types and not types & _TEXTUAL:
            return True
        return len(values) > 1 and bool(types & {"array", None})


_ANYTHING = frozenset({None})
_TEXTUAL = frozenset({"string", None})


def _types(schema: Any, definitions: Mapping[str, Any], seen: frozenset[str]) -> Iterator[str | None]:
    """The types of JSON value that a schema allows; ``None`` where it allows any."""
    if not isinstance(schema, Mapping):
        yield None
    elif reference := schema.get("$ref"):
        name = str(reference).rpartition("/")[2]
        if name not in seen:  # else it is within itself, and adds nothing
            yield from _types(definitions.get(name, {}), definitions, seen | {name})
    elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for alternative in alternatives:
            yield from _types(alternative, definitions, seen)
    else:
        yield schema.get("type")
