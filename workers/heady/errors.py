"""What a function raises to refuse a call."""

from collections.abc import Mapping
from http import HTTPStatus

from heady.header_fields import checked


class HTTPError(Exception):
    """Ends the call with this status, as in ``raise heady.HTTPError(404, "no such item")``: problem details (RFC 9457).

    It is an answer and no failure of the function: nothing is logged as an error. From TypeScript the call throws it.

    Args:
        status: 400 to 599.
        detail: what the caller is told; the status's own phrase where it is left out.
        headers: beside those of the problem.

    Raises:
        ValueError: the status or a header is none that can be sent.
    """

    def __init__(self, status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"the status must be 400 to 599, not {status!r}")
        self.status = status
        self.detail = str(detail) or _phrase(status)
        self.headers = dict(checked(headers))
        for name in _OF_THE_PROBLEM:
            if name in self.headers:
                raise ValueError(f"the header '{name}' is that of the problem details")
        super().__init__(self.detail)


_OF_THE_PROBLEM = ("content-type", "content-length")


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:
        return f"Status {status}."
