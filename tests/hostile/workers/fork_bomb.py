"""Each process forks, and so do those that it forks."""

import os

import heady

EXPECTED = "worker-processes-exceeded"


@heady.function(processes=16)
def run() -> None:
    while True:
        os.fork()
