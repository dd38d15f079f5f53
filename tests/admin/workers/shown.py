"""Functions that the admin page shows and tries."""

import time
from collections.abc import Iterator

import heady


@heady.function(memory="64MB", timeout="5s")
def add(a: int, b: int = 2) -> int:
    """Adds two numbers."""
    return a + b


def fails(message: str) -> None:
    raise ValueError(message)


def waits() -> None:
    time.sleep(60)


def counts(to: int) -> Iterator[int]:
    yield from range(to)


@heady.function(secrets=["SHOWN_SECRET"])
def tells() -> None:
    import os

    raise ValueError(os.environ["SHOWN_SECRET"])
