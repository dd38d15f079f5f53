"""What a process is bound by before it knows which call it will serve."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heady.declaration import Declaration, Isolation


@dataclass(frozen=True, slots=True)
class Profile:
    """The bounds and needs of a process. Functions that share a profile share the processes that wait for a call."""

    isolation: Isolation
    cpu_seconds: float
    memory_bytes: int
    disk_bytes: int
    max_requests: int | None
    idle_seconds: float | None
    graceful: bool
    secrets: tuple[str, ...]
    #: Absolute paths.
    reads: tuple[str, ...]
    shm: bool
    unix: bool


def profile_of(declaration: Declaration, defaults: Mapping[str, Any], root: str) -> Profile:
    """The profile that a declaration asks for.

    Args:
        declaration: what the function declares.
        defaults: the service's limits, for those that it does not.
        root: the project's root, which its ``reads`` are relative to.
    """
    return Profile(
        isolation=declaration.isolation or "request",
        cpu_seconds=declaration.cpu_seconds or defaults["cpuSeconds"],
        memory_bytes=declaration.memory_bytes or defaults["memoryBytes"],
        disk_bytes=declaration.disk_bytes or defaults["diskBytes"],
        max_requests=declaration.max_requests,
        idle_seconds=declaration.idle_seconds,
        graceful=declaration.grace_seconds is not None,
        secrets=tuple(sorted(declaration.secrets)),
        reads=tuple(sorted(os.path.join(root, path) for path in declaration.reads)),
        shm=declaration.shm,
        unix=declaration.unix,
    )
