"""What a file under ``routes/`` returns where status or headers are its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heady.header_fields import Headers, checked

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class Response:
    """A response with a status and headers of its own.

    A function of a file under ``routes/`` returns it; one of ``workers/`` cannot, as it may be called without HTTP.

    Args:
        status: 200 to 599.
        headers: by name; several values as a list. The content type fits the body where it is not given.
        body: a text, bytes, or anything that has a JSON form; ``None`` for no body.

    Raises:
        ValueError: the status or a header is none that can be sent, or a body is given with a status that has none.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int = 200, headers: Headers | None = None, body: Any = None) -> None:
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"the status must be 200 to 599, not {status!r}")
        if body is not None and status in _WITHOUT_BODY:
            raise ValueError(f"a response of status {status} has no body (RFC 9110)")
        self.status = status
        #: Names in lower case, each with one value.
        self.headers = checked(headers)
        self.body = body

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        """As a return type it is checked, and no more."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: object) -> dict[str, Any]:
        """Its body may be anything."""
        return {}


_WITHOUT_BODY = (204, 205, 304)
