"""What all others run beside."""

EXPECTED = "ok"


def run(value: int) -> int:
    return value + 1
