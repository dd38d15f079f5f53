"""A worker zygote: imports one worker file, tells its functions, forks a child for each call."""

import dataclasses
import importlib.machinery
import importlib.util
import inspect
import os
import socket
import sys
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from heady.declaration import Declaration, declaration_of
from heady.runtime import child, frames, zygote
from heady.runtime.signature import Signature


class Function:
    """A function of a worker. ``error`` says why it cannot be called, where it cannot."""

    def __init__(self, target: Callable[..., Any]) -> None:
        self.target = target
        self.name = target.__name__
        self.declaration = declaration_of(target) or Declaration()
        self.signature: Signature | None = None
        self.error: str | None = None
        try:
            self.signature = Signature(target)
        except (TypeError, NameError) as error:
            self.error = str(error)

    def describe(self) -> dict[str, Any]:
        """What the service is told of it: schemas, and limits where it declares them."""
        signature = self.signature
        return {
            "name": self.name,
            "description": inspect.getdoc(self.target),
            "error": self.error,
            "input": signature and signature.input_schema,
            "output": signature and signature.output_schema,
            "declared": {_camel(name): value for name, value in dataclasses.asdict(self.declaration).items()},
        }


def serve(control: socket.socket) -> None:
    """Loads the worker that the service asks for on this connection and serves its calls until that ends."""
    frames.send_json(control, frames.READY, {"pid": os.getpid()})
    frame = frames.receive(control)
    if frame is None:
        return
    order = child.decode(frame[1])
    try:
        functions = functions_of(load(Path(order["file"])))
    except BaseException as error:
        frames.send_json(control, frames.FAILED, describe_import_error(error, order["file"]))
        return
    listener = zygote.listen(order["socket"])
    frames.send_json(control, frames.LOADED, {"functions": [function.describe() for function in functions.values()]})
    server = child.Server(order["name"], functions, Function(_rehearsal))
    for _ in range(_REHEARSALS):
        server.rehearse()
    zygote.Zygote(listener, control, server.serve, order["directory"]).run()
    os.unlink(order["socket"])


def load(file: Path) -> ModuleType:
    """Imports a worker file as ``workers.<stem>``, which no other module is called, whatever the file's name."""
    name = f"workers.{file.stem}"
    loader = _SourceLoader(name, str(file))
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def functions_of(module: ModuleType) -> dict[str, Function]:
    """The public top-level functions that the module itself defines and that have type hints or ``@function``."""
    return {
        name: Function(value)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and value.__module__ == module.__name__
        and (declaration_of(value) is not None or value.__annotations__)
    }


def describe_import_error(error: BaseException, file: str) -> dict[str, Any]:
    """Why a file does not load: the message with file and line, and the traceback from the file on."""
    if isinstance(error, SyntaxError) and error.filename:
        where, line = error.filename, error.lineno
    else:
        frame = next(
            (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == file), None
        )
        where, line = file, frame and frame.lineno
    message = error.msg if isinstance(error, SyntaxError) else child.message_of(error)
    return {
        "message": f"{type(error).__name__}: {message}",
        "file": where,
        "line": line,
        "traceback": child.traceback_of(error),
    }


#: CPython specialises a function's code after some calls, each time writing to its pages.
_REHEARSALS = 20


def _rehearsal(text: str) -> str:
    return text


class _SourceLoader(importlib.machinery.SourceFileLoader):
    """Never reads nor writes bytecode: that is told stale by whole seconds, and a file may be saved twice in one."""

    def path_stats(self, path: Any) -> typing.NoReturn:  # noqa: ARG002
        raise OSError


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
