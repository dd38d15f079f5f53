"""Spins in a thread, deaf to every signal that can be ignored."""

import signal
import threading

import heady

EXPECTED = "worker-timeout"


def _spin() -> None:
    while True:
        pass


@heady.function(timeout="1s")
def run() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    thread = threading.Thread(target=_spin)
    thread.start()
    thread.join()
