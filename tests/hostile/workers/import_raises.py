"""Raises when it is imported."""

EXPECTED = "worker-unavailable"


raise RuntimeError("no good today")


def run() -> int:
    return 1
