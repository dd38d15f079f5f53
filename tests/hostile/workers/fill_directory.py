"""Fills its temporary directory."""

import time

import heady

EXPECTED = "worker-disk-exceeded"


@heady.function(disk="16MB")
def run() -> None:
    number = 0
    while True:
        number += 1
        with open(f"file-{number}", "wb") as file:
            file.write(bytes(256 * 1024))
        time.sleep(0.001)
