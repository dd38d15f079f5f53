"""Ends its zygote, and the group of it."""

import os

EXPECTED = "refused"


def run() -> list[int]:
    ended = []
    for target in (os.getppid(), -os.getppid()):
        try:
            os.kill(target, 9)
        except (PermissionError, ProcessLookupError):
            continue
        ended.append(target)
    return ended
