"""From a function's type hints: what it takes, what it returns, as validators and JSON Schema."""

import contextlib
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, create_model

from heady.context import Context


class Signature:
    """A function's parameters as one model, and its return type.

    Parameters become fields ``p0``, ``p1``, … with the parameter's name as alias, so that no name can collide with a
    model's own attributes.

    Raises:
        TypeError: a parameter has no name to be given by, or a hint has no JSON form; says which.
    """

    def __init__(self, target: Callable[..., Any]) -> None:
        hints = typing.get_type_hints(target, include_extras=True)
        fields: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._context_name: str | None = None
        for parameter in inspect.signature(target).parameters.values():
            if hints.get(parameter.name) is Context:
                self._context_name = parameter.name
                continue
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"{target.__name__}: parameter '{parameter}' cannot be given by name")
            field = f"p{len(fields)}"
            self._names[field] = parameter.name
            hint = Annotated[hints.get(parameter.name, Any), Field(alias=parameter.name)]
            fields[field] = (hint, ... if parameter.default is parameter.empty else parameter.default)
        with _naming(target, "its parameters"):
            self._model = create_model(target.__name__, __config__=ConfigDict(extra="forbid"), **fields)
            self.input_schema = self._model.model_json_schema()
        with _naming(target, f"its return type {hints.get('return', Any)}"):
            self._returned = TypeAdapter(_item_type(hints.get("return", Any)))
            self.output_schema = self._returned.json_schema(mode="serialization")

    def bind(self, arguments: bytes, context: Context) -> dict[str, Any]:
        """The arguments in a JSON object, validated, by the names of the parameters.

        Raises:
            pydantic.ValidationError: names each field that does not fit.
        """
        model = self._model.model_validate_json(arguments)
        bound = {name: getattr(model, field) for field, name in self._names.items()}
        if self._context_name is not None:
            bound[self._context_name] = context
        return bound

    def dump(self, value: Any) -> bytes:
        """A returned value as JSON, checked against the return type.

        Raises:
            pydantic.ValidationError: it is not of the return type.
            pydantic_core.PydanticSerializationError: it has no JSON form.
        """
        return self._returned.dump_json(self._returned.validate_python(value), by_alias=True)


def _item_type(hint: Any) -> Any:
    """A generator's items are returned as a list."""
    origin = typing.get_origin(hint)
    if origin in _GENERATORS:
        return list[typing.get_args(hint)[0]]
    return None if hint is typing.NoReturn else hint


_GENERATORS = {
    typing.get_origin(hint)
    for hint in (
        typing.Generator[Any, Any, Any],
        typing.AsyncGenerator[Any, Any],
        typing.Iterator[Any],
        typing.AsyncIterator[Any],
        typing.Iterable[Any],
        typing.AsyncIterable[Any],
    )
}


@contextlib.contextmanager
def _naming(target: Callable[..., Any], part: str) -> Iterator[None]:
    """Says which function and which part of it a pydantic error is about."""
    try:
        yield
    except Exception as error:
        raise TypeError(f"{target.__name__}: {part}: {error}") from error
