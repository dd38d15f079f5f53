"""Arguments that come apart from a JSON body: by a request's path, its query, its form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from heady.file import File
from heady.media_type import is_media_type
from heady.runtime import strict_json
from heady.runtime.field_errors import FieldError, at, field_errors
from heady.runtime.parameters import Parameters
from heady.runtime.signature import Signature


class Given(NamedTuple):
    """What one part of a request gives for one argument."""

    source: str
    name: str
    #: Texts and files.
    values: Sequence[Any]


class InvalidInputError(Exception):
    """Arguments that do not fit."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} invalid fields")
        self.errors = errors


def bind(signature: Signature, order: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """The arguments of a call, validated, by the names of the parameters.

    Args:
        signature: of the function.
        order: what the service says of the call; its ``given`` and ``parts`` have the arguments beside the body.
        body: a JSON object.

    Raises:
        InvalidInputError: names each argument that does not fit.
        pydantic.ValidationError: the body is no JSON object.
    """
    arguments = _members(body)
    if arguments is None:
        return signature.bind(body)
    sources = dict.fromkeys(arguments, "body")
    errors: list[FieldError] = []
    for source, name, values in _given(order, signature.parameters):
        texts = signature.parameters.texts(name)
        if name in sources:
            errors.append({"pointer": at(source, name), "detail": f"Given by {sources[name]} and {source}: give one."})
        elif len(values) > 1 and not texts.is_list(values):
            errors.append({"pointer": at(source, name), "detail": f"Given {len(values)} times: it takes one value."})
        else:
            sources[name] = source
            try:
                arguments[name] = texts.read(values)
            except ValueError as error:
                errors.append({"pointer": at(source, name), "detail": str(error)})
    if errors:
        raise InvalidInputError(errors)
    try:
        return _validated(signature, arguments, files="parts" in order)
    except ValidationError as error:
        raise InvalidInputError(field_errors(error, signature.parameters.names, sources)) from None


def _validated(signature: Signature, arguments: dict[str, Any], *, files: bool) -> dict[str, Any]:
    """All as one JSON object where it can be, so that a text is what its hint makes of it, wherever it comes from."""
    return signature.bind_values(arguments) if files else signature.bind(to_json(arguments))


def _members(body: bytes) -> dict[str, Any] | None:
    try:
        value = strict_json.read(body or b"{}")
    except ValidationError:
        return None
    return value if isinstance(value, dict) else None


def _given(order: Mapping[str, Any], parameters: Parameters) -> Iterator[Given]:
    given = order.get("given", {})
    for name, text in given.get("path", ()):
        if name in parameters:  # the path names what it must, to be told from other paths
            yield Given("path", name, [text])
    for source in ("query", "form"):
        for name, texts in _by_name(given.get(source, ())).items():
            yield Given(source, name, texts)
    for name, values in order.get("parts", {}).items():
        yield Given("form", name, [_part(value) for value in values])


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    return texts


def _part(value: Any) -> Any:
    """A text, or a file that the service has put in place; one of a type that is none is just bytes."""
    if isinstance(value, str):
        return value
    media_type = value["type"] if is_media_type(value["type"]) else "application/octet-stream"
    return File(value["path"], name=value["name"], type=media_type)
