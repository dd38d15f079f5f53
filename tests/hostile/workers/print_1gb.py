"""Writes 1 GB to its log."""

EXPECTED = "ok"


def run() -> str:
    line = "x" * (1024**2 - 1)
    for _ in range(1024):
        print(line)
    return "printed"
