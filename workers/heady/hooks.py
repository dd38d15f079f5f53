"""What a worker does around the making of each process that serves its calls."""

from collections.abc import Callable
from typing import TypeVar

Hook = Callable[[], object]
H = TypeVar("H", bound=Hook)

before: list[Hook] = []
after: list[Hook] = []

#: Seconds that one of these functions may take.
TIME_LIMIT = 5.0


def before_fork(hook: H) -> H:
    """Has a function called before each process is forked, in the one that has imported the file.

    It gives up what a fork must not share, such as a connection or a thread. It is called off any call's path, and has
    5 seconds.
    """
    before.append(hook)
    return hook


def after_fork(hook: H) -> H:
    """Has a function called in each new process, before that waits for its call.

    It makes what each process must have for itself, such as a client that holds a connection or needs a key: the
    variables that the process's functions declare as ``secrets`` are there. It is called off any call's path, and has
    5 seconds.
    """
    after.append(hook)
    return hook
