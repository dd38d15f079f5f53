"""What a worker imports: ``from heady import Context, function, inference``.

A worker is a plain module in ``workers/``; each public top-level function with type hints is a function of it.
"""

from heady.cancellation import Cancelled
from heady.context import Caller, Context
from heady.declaration import function
from heady.errors import HTTPError
from heady.file import File
from heady.hooks import after_fork, before_fork
from heady.inference import inference
from heady.response import Response
from heady.shell import main

__all__ = [
    "Caller",
    "Cancelled",
    "Context",
    "File",
    "HTTPError",
    "Response",
    "after_fork",
    "before_fork",
    "function",
    "inference",
    "main",
]
