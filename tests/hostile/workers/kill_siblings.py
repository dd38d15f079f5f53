"""Ends every other process that it can find."""

import os

EXPECTED = "refused"


def run() -> list[int]:
    ended = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if pid in (1, os.getpid()):
            continue
        try:
            os.kill(pid, 9)
        except (PermissionError, ProcessLookupError):
            continue
        ended.append(pid)
    return ended
