"""The functions of a worker file: loading it, and what the service is told of them."""

import asyncio
import dataclasses
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import CoroutineType, ModuleType
from typing import Any

from heady.declaration import Declaration, declaration_of
from heady.runtime import shared_modules
from heady.runtime.needs import Needs
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
        except TypeError as error:
            self.error = str(error)
        except Exception as error:  # of a hint that is a text, and whatever else evaluating one may raise
            self.error = f"{self.name}: a hint is not to be evaluated: {type(error).__name__}: {error}"

    def check(self, needs: Needs) -> None:
        """Makes it one that cannot be called when it needs what its zygote was not granted."""
        if option := needs.missing(self.declaration):
            self.error = f"{self.name}: {option} must be a literal in its decorator, as it is read before the file runs"

    def describe(self) -> dict[str, Any]:
        """What the service is told of it: schemas, and limits where it declares them."""
        signature = self.signature
        return {
            "name": self.name,
            "description": inspect.getdoc(self.target),
            "error": self.error,
            "input": signature and signature.input_schema,
            "output": signature and signature.returned.schema,
            "item": signature and signature.item and signature.item.schema,
            "files": signature.parameters.files if signature else [],
            "context": signature is not None and signature.context_name is not None,
            "declared": {_camel(name): value for name, value in dataclasses.asdict(self.declaration).items()},
        }


def load(file: Path) -> ModuleType:
    """Imports a worker file as ``workers.<stem>``, which no other module is called, whatever the file's name.

    The stem of a file under ``routes/``, such as ``[id].get``, becomes an identifier: a module whose name has further
    dots would be looked for in a package.
    """
    shared_modules.use()
    name = "workers." + re.sub(r"[^\w-]", "_", file.stem)
    loader = shared_modules.SourceLoader(name, str(file))
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    package = ModuleType("workers")
    package.__path__ = []  # pickle, which pools of processes use, imports what it finds by name
    sys.modules |= {"workers": package, name: module}
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


def call(target: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Calls a function, sync or async."""
    returned = target(**arguments)
    return asyncio.run(returned) if type(returned) is CoroutineType else returned


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
