import time
from collections.abc import Iterator

import heady


@heady.function(access="public", timeout="20s")
def endless(seconds: float = 30.0) -> Iterator[int]:
    for number in range(int(seconds * 10)):
        yield number
        time.sleep(0.1)
