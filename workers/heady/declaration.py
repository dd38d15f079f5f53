"""The ``@function`` decorator: limits and needs of one function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, overload

from heady.units import parse_bytes, parse_seconds

P = ParamSpec("P")
R = TypeVar("R")

_ATTRIBUTE = "__heady_declaration__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a function declares of itself; ``None`` where the service's default holds."""

    timeout_seconds: float | None = None
    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    output_bytes: int | None = None


@overload
def function(decorated: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def function(
    *, timeout: str | None = None, cpu: str | None = None, memory: str | None = None, output: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def function(
    decorated: Callable[P, R] | None = None,
    /,
    *,
    timeout: str | None = None,
    cpu: str | None = None,
    memory: str | None = None,
    output: str | None = None,
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Declares a function of a worker and its limits. Optional: a public function with type hints is one anyway.

    Args:
        decorated: the function, where the decorator is used without limits.
        timeout: wall time of one call, such as ``"30s"``.
        cpu: CPU time of one call, over all its processes.
        memory: memory of one call, over all its processes, such as ``"128MB"``.
        output: size of the result as JSON.

    Raises:
        ValueError: a limit is no size or no duration.
    """
    declaration = Declaration(
        timeout_seconds=None if timeout is None else parse_seconds(timeout),
        cpu_seconds=None if cpu is None else parse_seconds(cpu),
        memory_bytes=None if memory is None else parse_bytes(memory),
        output_bytes=None if output is None else parse_bytes(output),
    )

    def declare(target: Callable[P, R]) -> Callable[P, R]:
        setattr(target, _ATTRIBUTE, declaration)
        return target

    return declare if decorated is None else declare(decorated)


def declaration_of(target: Callable[..., object]) -> Declaration | None:
    """What ``@function`` declared, or ``None`` where it was not used."""
    return getattr(target, _ATTRIBUTE, None)
