"""The ``@function`` decorator: limits and needs of one function."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar, Unpack, get_args, overload

from heady.units import parse_bytes, parse_seconds

P = ParamSpec("P")
R = TypeVar("R")

Isolation = Literal["request", "reuse", "spawn"]
Access = Literal["public", "private"]

_ATTRIBUTE = "__heady_declaration__"


class Options(TypedDict, total=False):
    """What ``@function`` takes. Sizes are texts such as ``"128MB"``, durations such as ``"30s"``."""

    #: Wall time of one call.
    timeout: str
    #: CPU time of one call, over all its processes.
    cpu: str
    #: Memory of one call, over all its processes.
    memory: str
    #: Size of the result as JSON.
    output: str
    #: Size of what one call keeps in its temporary directory.
    disk: str
    #: Processes and threads of one call at once.
    processes: int
    #: Calls of this function at once, within the service's own concurrency.
    concurrency: int
    #: Calls of this function that may wait, within the service's own queue.
    queue: int
    #: ``request``: a process for each call. ``reuse``: one process serves many calls, one after the other, for models
    #: that must stay loaded. ``spawn``: a fresh interpreter for each call, for what does not bear forking.
    isolation: Isolation
    #: Calls that a process serves before its successor takes over; with ``reuse`` only.
    max_requests: int
    #: How long a process may wait for its next call; with ``reuse`` only.
    idle: str
    #: Whether the service is ready only when this function's worker is loaded.
    warm: bool
    #: How long a call that is to end may clean up: it gets ``heady.Cancelled`` first.
    grace: str
    #: Environment variables that the function gets; no other variable of the service's reaches it.
    secrets: Sequence[str]
    #: Variables that the worker's file gets when it is imported. Every function of the file can read them, and so can
    #: whoever reads the zygote's memory: prefer ``secrets`` with ``@heady.after_fork``.
    secrets_at_import: Sequence[str]
    #: Files and folders that the function may read besides its own code; relative to the project's root.
    reads: Sequence[str]
    #: Whether the function may use /dev/shm, which it shares with all others that may.
    shm: bool
    #: Whether the function may open unix sockets.
    unix: bool
    #: Who may call the endpoint: ``public`` for anyone, else the holders of the key. For files under ``routes/`` alone.
    access: Access


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a function declares of itself; ``None`` where the service's default holds."""

    timeout_seconds: float | None = None
    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    output_bytes: int | None = None
    disk_bytes: int | None = None
    processes: int | None = None
    concurrency: int | None = None
    queue: int | None = None
    isolation: Isolation | None = None
    max_requests: int | None = None
    idle_seconds: float | None = None
    warm: bool = False
    grace_seconds: float | None = None
    secrets: tuple[str, ...] = ()
    secrets_at_import: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    shm: bool = False
    unix: bool = False
    access: Access | None = None


@overload
def function(decorated: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def function(**options: Unpack[Options]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def function(
    decorated: Callable[P, R] | None = None, /, **options: Unpack[Options]
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Declares a function of a worker, its limits and its needs: see :class:`Options`.

    Optional: a public function with type hints is a function of its worker anyway.

    Raises:
        TypeError: there is no such option.
        ValueError: an option's value is none that it can have; says which.
    """
    declaration = _declared(options)

    def declare(target: Callable[P, R]) -> Callable[P, R]:
        setattr(target, _ATTRIBUTE, declaration)
        return target

    return declare if decorated is None else declare(decorated)


def declaration_of(target: Callable[..., object]) -> Declaration | None:
    """What ``@function`` declared, or ``None`` where it was not used."""
    return getattr(target, _ATTRIBUTE, None)


def _declared(options: Options) -> Declaration:
    fields: dict[str, Any] = {}
    for name, value in options.items():
        if name not in _OPTIONS:
            raise TypeError(f"@function has no option '{name}'; it has {', '.join(_OPTIONS)}")
        field, read = _OPTIONS[name]
        try:
            fields[field] = read(value)
        except ValueError as error:
            raise ValueError(f"@function({name}={value!r}): {error}") from None
    declaration = Declaration(**fields)
    if declaration.isolation != "reuse" and (declaration.max_requests or declaration.idle_seconds):
        raise ValueError("@function: max_requests and idle are for isolation='reuse' alone")
    return declaration


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("it must be a whole number above 0")
    return value


def _count_or_none(value: object) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else _count(value)


def _time(value: str) -> float:
    seconds = parse_seconds(value)
    if seconds == 0:
        raise ValueError("it must be more than nothing")
    return seconds


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it must be True or False")
    return value


def _one_of(choices: object) -> Callable[[object], object]:
    known = get_args(choices)

    def read(value: object) -> object:
        if value not in known:
            raise ValueError(f"it must be one of {', '.join(known)}")
        return value

    return read


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(text, str) for text in value):
        raise ValueError("it must be a list of texts")
    return tuple(value)


def _variables(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is not the name of an environment variable")
    return names


#: Of each option, the field that it sets and how its value is read.
_OPTIONS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "timeout": ("timeout_seconds", _time),
    "cpu": ("cpu_seconds", _time),
    "memory": ("memory_bytes", parse_bytes),
    "output": ("output_bytes", parse_bytes),
    "disk": ("disk_bytes", parse_bytes),
    "processes": ("processes", _count),
    "concurrency": ("concurrency", _count),
    "queue": ("queue", _count_or_none),
    "isolation": ("isolation", _one_of(Isolation)),
    "max_requests": ("max_requests", _count),
    "idle": ("idle_seconds", parse_seconds),
    "warm": ("warm", _switch),
    "grace": ("grace_seconds", parse_seconds),
    "secrets": ("secrets", _variables),
    "secrets_at_import": ("secrets_at_import", _variables),
    "reads": ("reads", _texts),
    "shm": ("shm", _switch),
    "unix": ("unix", _switch),
    "access": ("access", _one_of(Access)),
}
