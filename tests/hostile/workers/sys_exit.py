"""Ends its process in the usual way."""

import sys

EXPECTED = "worker-crashed exit status 3"


def run() -> None:
    sys.exit(3)
