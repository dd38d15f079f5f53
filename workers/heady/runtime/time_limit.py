"""A bound on the time that a piece of foreign code takes."""

import contextlib
import signal
from collections.abc import Iterable, Iterator

from heady.hooks import TIME_LIMIT, Hook


@contextlib.contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Raises within its body when that takes longer; a body that catches even this ends with its process.

    Raises:
        TimeoutError: names ``what``.
    """

    def stop(*_: object) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _LAST_SECONDS)
        raise TimeoutError(f"{what} took longer than {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


_LAST_SECONDS = 1.0


def run_hooks(registered: Iterable[Hook]) -> None:
    """Runs what a worker has registered by ``heady.before_fork`` or ``heady.after_fork``, each within its time."""
    for hook in registered:
        with time_limit(TIME_LIMIT, getattr(hook, "__name__", repr(hook))):
            hook()
