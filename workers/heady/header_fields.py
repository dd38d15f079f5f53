"""Header fields that a function may set (RFC 9110, 5)."""

import re
from collections.abc import Mapping, Sequence

#: By name; several values as a list.
Headers = Mapping[str, str | Sequence[str]]


def checked(headers: Headers | None) -> list[tuple[str, str]]:
    """Names in lower case, each with one value.

    Raises:
        TypeError: a value is no text.
        ValueError: a name or a value cannot be sent, or the field is the server's own; says which. Or all of them have
            more than 16 KB together, which proxies and clients refuse.
    """
    fields = [
        (_name(name), _value(name, value))
        for name, values in (headers or {}).items()
        for value in (values if isinstance(values, list | tuple) else [values])
    ]
    size = sum(len(name) + len(value) for name, value in fields)  # a character is a byte there
    if size > _MOST_OF_FIELDS:
        raise ValueError(f"the headers have {size} bytes together, and can have {_MOST_OF_FIELDS}")
    return fields


_MOST_OF_FIELDS = 16 * 1024


def _name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a header")
    if (lower := name.lower()) in _RESERVED:
        raise ValueError(f"the header '{lower}' is set by the server alone")
    return lower


def _value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the header '{name}' must be a text, not {type(value).__name__}")
    if not _FIELD_VALUE.fullmatch(value):
        raise ValueError(f"the header '{name}' has a line break or another character that no header can carry")
    return value


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

#: What concerns one connection alone (RFC 9110, 7.6.1), and what the log knows the request by.
_RESERVED = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    )
)
