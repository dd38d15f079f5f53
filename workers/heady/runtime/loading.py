"""A worker file, imported within its sandbox: what a zygote forks from, and what a fresh interpreter is started for."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from heady import hooks
from heady.runtime import (
    answers,
    child,
    frames,
    functions,
    logs,
    missing_variables,
    randomness,
    route_file,
    shared_modules,
)
from heady.runtime.needs import Needs, needs_of
from heady.runtime.profile import Profile, profile_of
from heady.runtime.sandbox import Sandbox


class Worker:
    """A worker file with its functions, ready to serve.

    Args:
        order: what the service says of it; see ``OpenOrder`` of the service.
        server: the process id of the service.
        variables: what the file is given in its environment, by what it needs.

    Raises:
        BaseException: whatever the file raises when it is imported.
    """

    def __init__(self, order: Mapping[str, Any], server: int, variables: Callable[[Needs], Mapping[str, str]]) -> None:
        self._order = order
        logs.install(order["logLevel"])
        file = Path(order["file"])
        needed = needs_of(file)
        self.sandbox = Sandbox(order, needed, [server, os.getppid()])
        self.sandbox.enter(os.getcwd())
        os.environ.update(order["environment"])
        os.environ.update(variables(needed))
        with randomness.watched():
            self.functions = functions.functions_of(functions.load(file))
        if needed.shm:
            _have_pools_fork()
        for function in self.functions.values():
            function.check(needed)
        route_file.check(order["name"], self.functions)
        self.calls = child.Server(order, self.functions, functions.Function(_rehearsal))

    def profile(self, name: str) -> Profile:
        """What the processes of a function are bound by."""
        return profile_of(self.functions[name].declaration, self._order["defaults"], self._order["root"])


def _have_pools_fork() -> None:
    """Has ``multiprocessing`` fork, unless the file has chosen otherwise.

    It does so by itself before Python 3.14; since then it starts a server of its own on a unix socket, which a function
    has only with ``unix=True``.
    """
    import multiprocessing

    if multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")


def is_prepared(profile: Profile) -> bool:
    """Whether a forked process waits for variables, or runs hooks, before it is ready."""
    return bool(profile.secrets or hooks.after)


@contextlib.contextmanager
def reported(connection: int, file: str) -> Iterator[None]:
    """Tells the service what its body raises: the worker does not load, and this process has nothing more to do."""
    with missing_variables.recorded() as missing:
        try:
            yield
        except BaseException as error:
            failure = answers.describe_failure(error, file)
            failure["imports"] = shared_modules.sought()
            failure["message"] += missing_variables.advice(failure["message"], missing)
            with contextlib.suppress(OSError):  # the service has heard enough and closed it
                frames.send_json(connection, frames.FAILED, failure)
            raise SystemExit(1) from None


def _rehearsal(text: str) -> str:
    return text
