"""Returns more than it may, within its memory."""

import heady

EXPECTED = "worker-output-too-large"


@heady.function(output="1MB")
def run() -> str:
    return "x" * (8 * 1024**2)
