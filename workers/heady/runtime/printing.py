"""What ``print`` writes: plain text, whose lines say where they come from."""

import contextlib
import functools
import io
import json
import os
import sys
import threading
import traceback
from types import FrameType

from heady.runtime import records, source


class Stream(io.TextIOWrapper):
    """stdout or stderr, each of whose lines says where the user's own code has ended it.

    Everything is written at once, so that nothing is lost with the process; only beside other threads and processes is
    a line held until it is whole, as ``print`` writes it piece by piece.
    """

    def __init__(self, replaced: io.TextIOWrapper) -> None:
        super().__init__(
            replaced.detach(),
            encoding=replaced.encoding,
            errors="backslashreplace",
            newline="\n",
            write_through=True,
        )
        vars(self)["mode"] = "w"

    def write(self, text: str, /) -> int:
        """Writes a text; each line that it ends is told to come from the caller."""
        if not isinstance(text, str):
            return super().write(text)  # raises what it raises
        ready = self._whole_lines(text) if _held or _is_shared() else text
        if "\n" in ready:
            mark = _mark(sys._getframe().f_back)
            ready = ready.replace("\n", f"{mark}\n")
        if ready:
            super().write(ready)
        return len(text)

    def flush(self) -> None:
        """Writes what the calling thread has written of a line."""
        if _held and (text := _held.pop((self, threading.get_native_id()), "")):
            super().write(text)
        super().flush()

    def _whole_lines(self, text: str) -> str:
        key = (self, threading.get_native_id())
        lines, end, rest = f"{_held.pop(key, '')}{text}".rpartition("\n")
        if len(rest) > records.MOST_OF_TEXT:
            return lines + end + rest
        if rest:
            _held[key] = rest
        return lines + end


def _is_shared() -> bool:
    """Whether others write to the same streams: threads, or the process that has started this one."""
    if threading.active_count() > 1:
        return True
    parent_process = getattr(sys.modules.get("multiprocessing"), "parent_process", None)  # is still being imported
    return parent_process is not None and parent_process() is not None


def rehearse(file: str) -> None:
    """Prints to nowhere, and settles what is to be known of a file: each first line of a child would do so else."""
    _quoted(file)
    source.is_own(file)
    stream = Stream(open(os.devnull, "w"))  # noqa: SIM115 (the stream closes it)
    with stream:
        for _ in range(_REHEARSALS):
            print("rehearsed", file=stream)


#: CPython specialises a function's code after some calls, each time writing to its pages.
_REHEARSALS = 20


def end_lines() -> None:
    """Writes what threads have written of lines that they have not ended."""
    while _held:
        (stream, _), text = _held.popitem()
        with contextlib.suppress(OSError, ValueError):  # the function has closed it
            io.TextIOWrapper.write(stream, f"{text}\n")


#: By stream and thread, the beginnings of lines. The thread's id is the kernel's: Python gives one away again at once.
#: Of the module, as a child that looks into each stream at its end copies 15 pages more.
_held: dict[tuple[Stream, int], str] = {}


def _mark(caller: FrameType | None) -> str:
    if caller is None:  # C code has written it
        return ""
    frame = source.nearest(caller)
    level = '"level":"error",' if caller.f_code.co_filename == traceback.__file__ else ""
    return f'{records.SEPARATOR}{{{level}"source":"{_quoted(frame.f_code.co_filename)}:{frame.f_lineno}"}}'


@functools.cache
def _quoted(file: str) -> str:
    return json.dumps(source.shown(file)[-records.MOST_OF_NAME :])[1:-1]
