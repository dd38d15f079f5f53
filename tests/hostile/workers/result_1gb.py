"""Returns 1 GB."""

import heady

EXPECTED = "worker-memory-exceeded"


@heady.function(memory="128MB")
def run() -> str:
    return "x" * 1024**3
