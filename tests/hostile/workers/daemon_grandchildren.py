"""Leaves processes behind that have left its group and its session."""

import subprocess
import sys

EXPECTED = "ok"


_PROGRAM = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(3600)"


def run() -> int:
    for _ in range(5):
        subprocess.run([sys.executable, "-c", _PROGRAM], start_new_session=True, check=True)
    return 5
