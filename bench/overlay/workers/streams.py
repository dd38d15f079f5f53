"""Generators: one whose item says when it was yielded, and one that goes on for long."""

import time
from collections.abc import Iterator

import heady


def stamp() -> Iterator[float]:
    """The time of the yield, in milliseconds."""
    yield time.time() * 1000


@heady.function(memory="16MB")
def flow(seconds: float, characters: int) -> Iterator[str]:
    """Items of that size, ten a second."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield "x" * characters
        time.sleep(0.1)
