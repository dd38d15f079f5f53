"""What a function may know of its own call."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """The call being served. A parameter with this type hint is filled in by the runtime."""

    request_id: str
    invocation_id: str
    worker: str
    function: str
    #: ``time.monotonic()`` at which the call is ended.
    deadline: float = field(default=float("inf"))

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the call is ended, at least 0."""
        return max(0.0, self.deadline - time.monotonic())
