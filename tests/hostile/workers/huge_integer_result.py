"""Returns an integer of 5,000 digits."""

EXPECTED = "worker-error at /n"


def run() -> dict[str, int]:
    return {"n": 10**5000}
