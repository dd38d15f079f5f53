"""What a function may know of its own call."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Caller:
    """Who has sent the request."""

    #: Of its key (``"primary"``, ``"previous"`` or the name in ``HEADY_API_KEYS``), or the subject of its token;
    #: ``None`` where it has none, as a public route allows.
    name: str | None = None
    #: ``"key"``, ``"session"`` (of the admin page), ``"jwt"``, ``"custom"`` (let in by the route itself) or ``None``.
    kind: str | None = None
    #: What the token says, as the identity provider has signed it; empty for any other.
    claims: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)
    #: The client's address, as the log has it.
    address: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """The call being served. A parameter with this type hint is filled in by the runtime."""

    request_id: str
    invocation_id: str
    worker: str
    function: str
    #: ``time.monotonic()`` at which the call is ended.
    deadline: float = field(default=float("inf"))
    #: Of the request, by names in lower case; several values are joined by ``", "``. Never the service's own key.
    #: Empty, as is what follows, where the call was made by TypeScript without a request.
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    caller: Caller = Caller()
    method: str = ""
    #: Of the request's URL, without the query.
    path: str = ""
    #: Of the runtime's.
    _is_draining: Callable[[], bool] = field(default=lambda: False, repr=False, compare=False)

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the call is ended, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def shutting_down(self) -> bool:
        """Whether the service is about to end, as at each deploy.

        What runs may run on until ``HEADY_SHUTDOWN_TIMEOUT`` is over. A loop or generator that could go on for longer
        looks here at each turn, and ends by itself. Nothing is interrupted; asking takes a few microseconds.
        """
        return self._is_draining()
