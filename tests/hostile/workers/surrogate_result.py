"""Returns a text that UTF-8 cannot carry."""

EXPECTED = "worker-error at /names/0"


def run() -> dict[str, list[str]]:
    return {"names": ["\ud800"]}
