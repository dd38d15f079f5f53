"""Functions that pass one limit each and say when: what the service takes to end them is measured from then on."""

import os
import time

import heady


def _say(in_seconds: float = 0) -> None:
    os.write(1, b"breach %f\n" % ((time.time() + in_seconds) * 1000))  # at once: it may be ended within a print


@heady.function(timeout="300ms")
def timeout() -> None:
    _say(in_seconds=0.3)  # it does not live to say it then
    time.sleep(30)


@heady.function(cpu="300ms")
def cpu() -> None:
    while time.process_time() < 0.3:
        pass
    _say()
    while True:
        pass


@heady.function(memory="64MB")
def memory() -> None:
    kept = [bytearray(b"x") * (60 * 1024**2)]
    time.sleep(0.2)
    kept.append(bytearray(b"x") * (8 * 1024**2))
    _say()
    time.sleep(30)


@heady.function(disk="8MB")
def disk() -> None:
    for number in range(3):
        with open(f"file-{number}", "wb") as file:
            file.write(bytes(3 * 1024**2))
    _say()
    time.sleep(30)


@heady.function(processes=8)
def processes() -> None:
    for _ in range(8):
        if os.fork() == 0:
            time.sleep(30)
    _say()
    time.sleep(30)
