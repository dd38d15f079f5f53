"""Arguments that come apart: some in a JSON body, others as texts or files by name, as in a query or a form."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, from_json

from heady.runtime.signature import Signature

Given = Mapping[str, Sequence[Any]]


def bind(signature: Signature, arguments: bytes, given: Given) -> dict[str, Any]:
    """The arguments of a function, validated, by the names of its parameters.

    Args:
        signature: of the function.
        arguments: a JSON object.
        given: of each further argument what was given for it, in order: a parameter that takes a list has all, any
            other the only one.

    Raises:
        pydantic.ValidationError: an argument does not fit, or was given more than once; says which.
    """
    try:
        body = from_json(arguments or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return signature.bind(arguments)  # which says what is wrong with it
    faults = [fault for name, values in given.items() if (fault := _fault(signature, name, values, body))]
    if faults:
        raise ValidationError.from_exception_data(signature.name, faults)
    apart = {name: list(values) if name in signature.lists else values[0] for name, values in given.items()}
    return signature.bind_values({**body, **apart})


def _fault(signature: Signature, name: str, values: Sequence[Any], body: Mapping[str, Any]) -> InitErrorDetails | None:
    if name in body:
        error = PydanticCustomError("given_twice", "given in the body and beside it: give it once")
    elif len(values) > 1 and name not in signature.lists and name in signature.parameters:
        error = PydanticCustomError("given_twice", "given {times} times: it takes one", {"times": len(values)})
    else:
        return None
    return InitErrorDetails(type=error, loc=(name,), input=None)
