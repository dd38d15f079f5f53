"""Calls itself without an end."""

EXPECTED = "worker-error"


def run(depth: int = 0) -> int:
    return run(depth + 1)
