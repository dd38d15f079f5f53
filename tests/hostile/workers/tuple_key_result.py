"""Returns a dictionary whose keys are no texts."""

EXPECTED = "worker-error at /pairs"


def run() -> dict[str, dict[tuple[int, int], str]]:
    return {"pairs": {(1, 2): "x"}}
