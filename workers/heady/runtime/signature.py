"""From a function's type hints: what it takes, what it returns, as validators and JSON Schema."""

import contextlib
import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, PydanticUserError, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError
from pydantic_core.core_schema import BytesSchema, DataclassField, DecimalSchema, ModelField, TypedDictField
from typing_extensions import TypeAliasType, TypedDict

from heady.context import Context
from heady.runtime import json_faults, strict_json
from heady.runtime.parameters import Parameters


class _JSONSchema(GenerateJsonSchema):
    """Pydantic's schemas, less what does not hold here.

    Defaults that JSON cannot carry, such as infinity, are left out; they hold all the same. The format ``binary`` is
    left to files, which have no place in JSON: bytes in it are text, of one form or another. A decimal is a text before
    it is a number: only a text has all its digits. What is returned has all fields of a model, those with their
    defaults too.
    """

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"non-serializable-default"}  # noqa: RUF012

    def bytes_schema(self, schema: BytesSchema) -> JsonSchemaValue:
        json_schema = super().bytes_schema(schema)
        if json_schema["format"] == "binary":
            del json_schema["format"]
        return json_schema

    def decimal_schema(self, schema: DecimalSchema) -> JsonSchemaValue:
        json_schema = super().decimal_schema(schema)
        if alternatives := json_schema.get("anyOf"):
            json_schema["anyOf"] = sorted(alternatives, key=lambda alternative: alternative["type"] != "string")
        return json_schema

    def field_is_required(self, field: ModelField | DataclassField | TypedDictField, total: bool) -> bool:
        if self.mode == "serialization" and field["type"] != "typed-dict-field":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def encode_default(self, dft: Any) -> Any:
        encoded = super().encode_default(dft)
        if json_faults.may_have_fault(encoded):
            raise PydanticSerializationError(f"the default {dft!r} has no JSON form")
        return encoded


class NotJSONError(ValueError):
    """A part of a returned value has no JSON form."""


class Signature:
    """A function's parameters as one typed dictionary, and its return type.

    A dictionary and no model: it is what the function is called with, and a model would be made and taken apart for
    each call. What parses and serialises is pydantic's own C code, called without a frame of Python between.

    Attributes:
        bind: the arguments in a JSON object, validated, by the names of the parameters; ``context`` is what the
            validators of their types are given. Raises ``pydantic.ValidationError``, which names each field that does
            not fit.
        bind_values: the same for values that need not be of JSON, such as files.
        parameters: those that a caller gives, and what they take when it is given apart from a JSON body.
        context_name: the parameter that takes the :class:`~heady.context.Context`, where there is one.
        returned: what it returns; the list of all items, where it is a generator.
        item: one item of a generator; ``None`` for any other function.

    Raises:
        TypeError: a parameter has no name to be given by, or a hint has no JSON form; says which.
    """

    def __init__(self, target: Callable[..., Any]) -> None:
        hints = typing.get_type_hints(target, include_extras=True)
        fields: dict[str, Any] = {}
        self.context_name: str | None = None
        for parameter in inspect.signature(target).parameters.values():
            hint = hints.get(parameter.name, Any)
            if hint in (Context, Context | None):
                self.context_name = parameter.name
            elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"{target.__name__}: parameter '{parameter}' cannot be given by name")
            else:
                fields[parameter.name] = _field(hint, parameter)
        try:
            arguments, self.input_schema = _arguments(target.__name__, fields)
        except Exception as error:
            raise TypeError(f"{target.__name__}: {_misfit(fields, hints) or error}") from error
        self._bind_json: Callable[..., dict[str, Any]] = arguments.validator.validate_json
        self.bind_values: Callable[..., dict[str, Any]] = arguments.validator.validate_python
        self.parameters = Parameters(self.input_schema)
        self.bind = self._bind_checked if self.parameters.take_fractions else self._bind_json
        hint = hints.get("return", Any)
        with _naming(target, f"its return type is {inspect.formatannotation(hint)}"):
            item = _item_type(target, hint)
            self.item = None if item is _NOT_A_STREAM else Output(item)
            self.returned = Output(hint if item is _NOT_A_STREAM else list[item])

    def _bind_checked(self, body: bytes, *, context: Any = None) -> dict[str, Any]:
        strict_json.check(body)
        return self._bind_json(body, context=context)


class Output:
    """Values of one type on their way out.

    Attributes:
        check: the value, made one of the type where it is not yet. Raises ``pydantic.ValidationError`` where that is
            not to be done.
        is_nothing: whether there is no value but ``None``.
        schema: the JSON Schema of what :meth:`dump` makes of them.
    """

    def __init__(self, hint: Any) -> None:
        adapter = _adapter(None if hint is typing.NoReturn else hint)
        self.check: Callable[[Any], Any] = adapter.validator.validate_python
        self._to_json = adapter.serializer.to_json
        self._is_plain = hint in _PLAIN
        self.is_nothing = hint is type(None)
        self.schema = adapter.json_schema(mode="serialization", schema_generator=_JSONSchema)

    def dump(self, value: Any) -> bytes:
        """A value as JSON, checked against the type.

        Raises:
            pydantic.ValidationError: it is not of the type.
            NotJSONError: a part of it has no JSON form; says which.
        """
        return self.to_json(self.check(value))

    def to_json(self, checked: Any) -> bytes:
        """A value that is of the type as JSON.

        Raises:
            NotJSONError: a part of it has no JSON form; says which.
        """
        try:
            result = self._to_json(checked, by_alias=True)
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise NotJSONError(json_faults.first_fault(checked) or str(error)) from None
        if not self._is_plain and json_faults.may_have_fault(checked) and (fault := json_faults.first_fault(checked)):
            raise NotJSONError(fault)
        return result


def _arguments(name: str, fields: dict[str, Any]) -> tuple[TypeAdapter[dict[str, Any]], dict[str, Any]]:
    parameters: Any = TypedDict(name, fields)  # type: ignore[operator]
    parameters.__pydantic_config__ = ConfigDict({"extra": "forbid", "allow_inf_nan": False, **_BYTES})
    adapter = TypeAdapter[dict[str, Any]](parameters)
    return adapter, adapter.json_schema(schema_generator=_JSONSchema)


def _misfit(fields: dict[str, Any], hints: dict[str, Any]) -> str | None:
    """The first of the parameters whose hint has no form in JSON, and why."""
    for name, field in fields.items():
        try:
            _arguments("parameter", {name: field})
        except Exception as error:
            hint = inspect.formatannotation(hints.get(name, Any))
            return f"parameter '{name}' has the hint {hint}, {_reason(error)}"
    return None


def _field(hint: Any, parameter: inspect.Parameter) -> Any:
    if parameter.default is parameter.empty:
        return hint
    if isinstance(parameter.default, FieldInfo):  # `limit: int = Field(10, gt=0)`
        annotated = Annotated[hint, parameter.default]
        return annotated if parameter.default.is_required() else NotRequired[annotated]
    return NotRequired[Annotated[hint, Field(default=parameter.default)]]


#: Return types whose values JSON carries as they are, or whose serialiser says so itself where it cannot.
_PLAIN = (str, int, bool, None)


#: JSON has no bytes: they travel as base64. In a model of the user's own it is the model's configuration that says.
_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter[Any](hint, config=_BYTES)
    except PydanticUserError:  # it may have a configuration of its own, and is to have this one where it has none
        alias: Any = TypeAliasType("alias", hint)  # type: ignore[valid-type]
        return TypeAdapter[Any](alias, config=_BYTES)


_NOT_A_STREAM = object()


def _item_type(target: Callable[..., Any], hint: Any) -> Any:
    """What a generator yields, by its hint where it has one; ``_NOT_A_STREAM`` for any other function."""
    hinted = (typing.get_origin(hint) or hint) in _GENERATORS
    if hinted or inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        return next(iter(typing.get_args(hint)), Any) if hinted else Any
    return _NOT_A_STREAM


_GENERATORS = (Generator, AsyncGenerator, Iterator, AsyncIterator, Iterable, AsyncIterable)


@contextlib.contextmanager
def _naming(target: Callable[..., Any], part: str) -> Iterator[None]:
    """Says which function and which part of it a pydantic error is about."""
    try:
        yield
    except Exception as error:
        raise TypeError(f"{target.__name__}: {part}, {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, PydanticUserError) and error.code == "typed-dict-version":
        return "whose TypedDict must not be typing's before Python 3.12: `from typing_extensions import TypedDict`"
    first_line = str(error).split("\n", 1)[0]  # pydantic goes on with advice on its own settings
    return f"which has no form in JSON: {first_line}"
