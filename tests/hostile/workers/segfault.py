"""Reads where nothing is."""

import ctypes

EXPECTED = "worker-crashed signal SIGSEGV"


def run() -> bytes:
    return ctypes.string_at(0)
