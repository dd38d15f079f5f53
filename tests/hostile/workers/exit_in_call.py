"""Ends its process without a word, as if all were well."""

import os

EXPECTED = "worker-crashed exit status 0"


def run() -> None:
    os._exit(0)
