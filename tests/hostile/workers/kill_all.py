"""Ends everything that it may send a signal to."""

import os

EXPECTED = "refused"


def run() -> list[str]:
    try:
        os.kill(-1, 9)
    except PermissionError:
        return []
    return ["all"]
