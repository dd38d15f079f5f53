"""Sizes and durations as text, in the grammar of the service's own configuration."""

import re

_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_LONGEST_SECONDS = (2**31 - 1) / 1000
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_bytes(text: str) -> int:
    """Bytes of a size such as ``128MB`` (powers of 1024).

    Raises:
        ValueError: the text is no size.
    """
    return round(_parse(text, _BYTES, "a size such as '128MB'"))


def parse_seconds(text: str) -> float:
    """Seconds of a duration such as ``30s`` or ``250ms``.

    Raises:
        ValueError: the text is no duration, or one that the service's timers cannot wait.
    """
    seconds = _parse(text, _SECONDS, "a duration such as '30s'")
    if seconds > _LONGEST_SECONDS:
        raise ValueError(f"{text!r} is more than 24 days")
    return seconds


def _parse(text: str, units: dict[str, float] | dict[str, int], expected: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]+)", text.strip()) if isinstance(text, str) else None
    if match is None or match[2] not in units:
        raise ValueError(f"{text!r} is not {expected}")
    return float(match[1]) * units[match[2]]
