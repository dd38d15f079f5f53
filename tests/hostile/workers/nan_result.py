"""Returns what is no JSON number."""

EXPECTED = "worker-error at /scores/1"


def run() -> dict[str, list[float]]:
    return {"scores": [1.0, float("nan")]}
