"""Whose code a file is, and how it is called in a log: the user's own, a library's or this runtime's."""

import functools
import os
import re
from types import FrameType

_RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_RUNTIME))) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
#: Also where `render.yaml` has pip put them.
_INSTALLED = re.compile(r"^.*[/\\](?:site|dist|\.python)-packages[/\\]")


@functools.cache
def is_own(file: str) -> bool:
    """Whether it is the user's: a file of the project, and not one of what is installed in it."""
    return (
        file.startswith(_ROOT)
        and not file.startswith((_RUNTIME, _STANDARD_LIBRARY, f"{_ROOT}.venv{os.sep}"))
        and _INSTALLED.match(file) is None
    )


@functools.cache
def is_machinery(file: str) -> bool:
    """Whether it is this runtime's, or what Python itself runs to import a file."""
    return file.startswith((_RUNTIME, "<frozen importlib", "<frozen runpy"))


@functools.cache
def shown(file: str) -> str:
    """Its path in the project, that of a library from its package on, any other as it is."""
    installed = _INSTALLED.sub("", file)
    if installed != file:
        return installed
    for folder in (_STANDARD_LIBRARY, _ROOT):
        if file.startswith(folder):
            return file.removeprefix(folder)
    return file


def package(file: str) -> str:
    """The package or module of a library that a file belongs to."""
    return re.split(r"[/\\]", shown(file).lstrip("/\\"))[0].removesuffix(".py")


def nearest(frame: FrameType) -> FrameType:
    """Of a frame and its callers the first that is the user's own; the frame itself where none is."""
    caller: FrameType | None = frame
    while caller is not None and not is_own(caller.f_code.co_filename):
        caller = caller.f_back
    return caller or frame
