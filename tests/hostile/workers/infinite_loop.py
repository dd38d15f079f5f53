"""Never comes back."""

import heady

EXPECTED = "worker-cpu-exceeded"


@heady.function(cpu="500ms")
def run() -> None:
    while True:
        pass
