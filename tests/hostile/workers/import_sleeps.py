"""Never comes to the end of its import."""

import time

EXPECTED = "worker-unavailable"


time.sleep(3600)


def run() -> int:
    return 1
