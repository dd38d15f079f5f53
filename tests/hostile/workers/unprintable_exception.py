"""Raises an exception whose text raises."""

EXPECTED = "worker-error"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def run() -> None:
    raise Unprintable
