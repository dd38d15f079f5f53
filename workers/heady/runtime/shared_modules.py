"""The modules that workers share: those below the import root, which is the folder that ``heady`` is in.

They are read from their source each time, never from bytecode: that is told stale by size and whole seconds, and a file
may be saved twice in one. What is looked for there is noted, found or not, so that the service knows which processes a
change concerns. Data files that an import reads, and compiled modules, are not followed.
"""

import importlib.machinery
import os
import sys
import typing
from pathlib import Path
from typing import Any

#: The import root, as an entry of ``sys.path``.
ROOT = os.path.abspath(Path(__file__).parents[2])

_sought: set[str] = set()
_untold: set[str] = set()


def use() -> None:
    """Makes the import root the last place to look for a module, wherever this process was started and how."""
    sys.path[:] = [*(entry for entry in sys.path if os.path.abspath(entry) != ROOT), ROOT]
    sys.path_hooks.insert(0, _Finder.of)
    sys.path_importer_cache.pop(ROOT, None)


def sought() -> list[str]:
    """The names of all that this process, and those that it is forked from, have looked for."""
    return sorted(_sought)


def sought_since() -> list[str]:
    """The same of what was looked for since this was asked last."""
    names = sorted(_untold)
    if names:
        _untold.clear()
    return names


def is_below_root(file: str) -> bool:
    """Whether a file is below the import root, the runtime's own aside."""
    return file.startswith(f"{ROOT}{os.sep}") and not file.startswith(f"{_RUNTIME}{os.sep}")


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Loads a module from its source: neither reads bytecode nor writes it."""

    def path_stats(self, path: Any) -> typing.NoReturn:  # noqa: ARG002
        """Says that there is no time of change to tell bytecode by."""
        raise OSError


class _Finder(importlib.machinery.FileFinder):
    """Finds the modules of one folder, and notes which."""

    @classmethod
    def of(cls, folder: str) -> "_Finder":
        if folder != ROOT and not is_below_root(folder):
            raise ImportError(f"not below {ROOT}", path=folder)
        return cls(folder, *_LOADERS)

    def find_spec(self, fullname: str, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        _sought.add(fullname)
        _untold.add(fullname)
        self.invalidate_caches()  # what a folder holds is told stale by its time of change, too
        return super().find_spec(fullname, target)


_RUNTIME = os.path.join(ROOT, "heady")
_LOADERS = (
    (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
    (SourceLoader, importlib.machinery.SOURCE_SUFFIXES),
)
