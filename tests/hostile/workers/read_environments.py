"""Reads the environment of its parent and of all others."""

import glob
import os

EXPECTED = "refused"


def run() -> list[str]:
    """The processes whose environment it could read, other than its own and kernel threads."""
    readable = []
    for entry in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(entry, "rb") as file:
                if file.read() and entry != f"/proc/{os.getpid()}/environ":
                    readable.append(entry)
        except OSError:
            continue
    return readable
