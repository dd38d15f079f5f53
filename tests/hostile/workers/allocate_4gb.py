"""Asks for 4 GB at once."""

import heady

EXPECTED = "worker-memory-exceeded"


@heady.function(memory="64MB")
def run() -> int:
    return len(bytearray(4 * 1024**3))
