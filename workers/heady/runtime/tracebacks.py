"""Tracebacks cut to the user's own code: what is left out between its frames is counted."""

import itertools
import traceback
from collections.abc import Iterator
from typing import Any

from heady.runtime import source


def traceback_of(error: BaseException) -> str:
    """The traceback, with those of all exceptions that it is chained to or groups."""
    try:
        told = traceback.TracebackException.from_exception(error, lookup_lines=False)
        _cut(told)
        return "".join(told.format())
    except Exception as fault:  # of what the exception itself says: a SyntaxError may hold anything
        return f"{type(error).__name__}: (its traceback raised {type(fault).__name__})\n"


def source_of(error: BaseException) -> str | None:
    """The user's own line at which it was raised, else that of a library; ``None`` where no line is known."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((str(error.filename), error.lineno or 0))
    places = [place for place in places if not source.is_machinery(place[0])]
    own = [place for place in places if source.is_own(place[0])]
    return f"{source.shown((own or places)[-1][0])}:{(own or places)[-1][1]}" if places else None


def message_of(error: BaseException) -> str:
    """An exception's message, also of one whose ``__str__`` raises."""
    try:
        return str(error)
    except BaseException as unprintable:
        return f"(its message raised {type(unprintable).__name__})"


class _Stack(traceback.StackSummary):
    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **options: Any) -> str:
        if isinstance(frame_summary, _LeftOut):
            return f"  ... {frame_summary.name}\n"
        return super().format_frame_summary(frame_summary, **options)


class _LeftOut(traceback.FrameSummary):
    """Stands for frames of libraries."""

    def __init__(self, frames: list[traceback.FrameSummary]) -> None:
        packages = dict.fromkeys(source.package(frame.filename) for frame in frames)
        super().__init__("", 0, f"{len(frames)} frame{'' if len(frames) == 1 else 's'} of {', '.join(packages)}")


def _cut(told: traceback.TracebackException) -> None:
    waiting = [told]
    for each in waiting:
        each.stack = _Stack(_kept(each.stack, 0 if hasattr(each, "msg") else _LAST))  # which a SyntaxError alone has
        waiting += [other for other in (each.__cause__, each.__context__, *(each.exceptions or ())) if other]


#: How many frames stay where none is the user's own; none of a SyntaxError, which says itself where it is.
_LAST = 2


def _kept(stack: list[traceback.FrameSummary], last: int) -> Iterator[traceback.FrameSummary]:
    """The frames to show: from the first of the user's own on, with those of libraries between and below counted."""
    relevant = [frame for frame in stack if not source.is_machinery(frame.filename)]
    first = next((index for index, frame in enumerate(relevant) if source.is_own(frame.filename)), None)
    if first is None:
        yield from relevant[max(0, len(relevant) - last) :]
        return
    for own, frames in itertools.groupby(relevant[first:], lambda frame: source.is_own(frame.filename)):
        if own:
            yield from frames
        else:
            yield _LeftOut(list(frames))
