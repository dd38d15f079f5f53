"""A function's parameters, by the names that they are given by."""

from collections.abc import Mapping
from typing import Any

from heady.runtime.texts import Texts


class Parameters:
    """The parameters of a function.

    Args:
        schema: of the arguments, as a JSON Schema object.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        definitions = schema.get("$defs", {})
        self._texts = {name: Texts(part, definitions) for name, part in schema.get("properties", {}).items()}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    @property
    def names(self) -> list[str]:
        """In the order of the function's definition."""
        return list(self._texts)

    @property
    def files(self) -> list[str]:
        """Those for which a text is the key of a stored file."""
        return [name for name, texts in self._texts.items() if texts.are_keys]

    @property
    def take_fractions(self) -> bool:
        """Whether an argument, or a part of one, may be a number that is no integer."""
        return any(texts.take_fractions for texts in self._texts.values())

    def texts(self, name: str) -> Texts:
        """What they are when given for the parameter of that name; where there is none they may be anything."""
        return self._texts.get(name, _ANYTHING)


_ANYTHING = Texts({}, {})
