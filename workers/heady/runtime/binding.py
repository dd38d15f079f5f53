"""Arguments that come apart from a JSON body: by a request's path, its query, its form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_json

from heady.file import File, StandIns
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
        order: what the service says of the call; its ``given`` and ``parts`` have the arguments beside the body, its
            ``stored`` the files that texts among all of them are the keys of.
        body: a JSON object.

    Raises:
        InvalidInputError: names each argument that does not fit.
        pydantic.ValidationError: the body is no JSON object.
    """
    arguments = _members(body)
    if arguments is None:
        return signature.bind(body)
    stored = _Stored(order.get("stored", {}))
    arguments = {name: stored.for_value(name, value) for name, value in arguments.items()}
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
                arguments[name] = texts.read(stored.for_texts(name, values))
            except ValueError as error:
                errors.append({"pointer": at(source, name), "detail": str(error)})
    if errors:
        raise InvalidInputError(errors)
    try:
        if "parts" in order:
            return signature.bind_values(arguments, context=stored.files)
        # as one JSON object, so that a text is what its hint makes of it, wherever it comes from
        return signature.bind(to_json(arguments), context=stored.files)
    except ValidationError as error:
        raise InvalidInputError(field_errors(error, signature.parameters.names, sources)) from None


class _Stored:
    """The stored files of a call, each in place of a text that is its key, and what stands for them meanwhile.

    Args:
        parts: the files by the names of their arguments, in the order of the texts: those of the body, of the path, of
            the query, of the form.
    """

    def __init__(self, parts: Mapping[str, Sequence[Any]]) -> None:
        self.files = StandIns()
        self._left = {name: iter(files) for name, files in parts.items()}

    def for_value(self, name: str, value: Any) -> Any:
        """What a member of the body becomes: a text, or each of a list."""
        return self.for_texts(name, value) if isinstance(value, list) else self.for_texts(name, [value])[0]

    def for_texts(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        left = self._left.get(name)
        return values if left is None else [self._next(left, value) for value in values]

    def _next(self, left: Iterator[Any], value: Any) -> Any:
        part = next(left, None) if isinstance(value, str) else None
        if part is None:
            return value
        self.files[part["path"]] = _part(part)
        return part["path"]


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
    """A text, or a file that the service has put in place."""
    return value if isinstance(value, str) else File(value["path"], name=value["name"], type=value["type"])
