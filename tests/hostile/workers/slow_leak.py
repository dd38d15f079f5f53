"""Keeps a little more each time."""

import time

import heady

EXPECTED = "worker-memory-exceeded"


@heady.function(memory="32MB")
def run() -> None:
    kept = []
    while True:
        kept.append(bytearray(512 * 1024))
        time.sleep(0.005)
