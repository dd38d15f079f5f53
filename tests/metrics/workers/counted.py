"""Functions that end in every way that is counted."""

import time

import heady


def fine() -> int:
    return sum(range(1_000_000))


def fails() -> None:
    raise ValueError("it fails")


def refuses(status: int) -> None:
    raise heady.HTTPError(status, "not this one")


@heady.function(memory="128MB", concurrency=1)
def holds(megabytes: int) -> int:
    held = b"x" * (megabytes * 1024 * 1024)
    time.sleep(3)
    return len(held)
