"""Media types as they are written in a header (RFC 9110, 8.3.1)."""

import re


def is_media_type(text: str) -> bool:
    """Whether a text is one, with its parameters, in ASCII and of at most 255 characters."""
    return len(text) <= _MOST and _MEDIA_TYPE.fullmatch(text) is not None


_MOST = 255
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"'
#: The service's own rule, in ``lib/media-type``. Blanks before a ``;`` are never those of the parameter before it.
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:[\t ]*;(?:[\t ]*{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*")
