"""What a worker file needs before it can be imported, read from its source.

The zygote that imports it is confined itself, so that no file's top level can reach what its functions may not: what it
is granted must be known before the first line runs.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heady.declaration import Declaration


@dataclass(frozen=True, slots=True)
class Needs:
    """The union of what the functions of a file declare, as literals in their decorators."""

    secrets_at_import: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    shm: bool = False
    unix: bool = False

    def missing(self, declaration: Declaration) -> str | None:
        """The first option of a declaration that was not to be read from the source; ``None`` where all were."""
        known = (
            ("secrets_at_import", self.secrets_at_import.issuperset(declaration.secrets_at_import)),
            ("reads", self.reads.issuperset(declaration.reads)),
            ("shm", self.shm >= declaration.shm),
            ("unix", self.unix >= declaration.unix),
        )
        return next((name for name, read in known if not read), None)


def needs_of(file: Path) -> Needs:
    """The needs of a file.

    Raises:
        SyntaxError: it is not Python.
    """
    options = list(_options(_parsed(file)))
    return Needs(
        secrets_at_import=_union(value for name, value in options if name == "secrets_at_import"),
        reads=_union(value for name, value in options if name == "reads"),
        shm=("shm", True) in options,
        unix=("unix", True) in options,
    )


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        raise error.with_traceback(None)  # noqa: B904 (where the parser found it is the reader's least concern)


def _options(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """The keyword arguments of all decorators that are literals."""
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in statement.decorator_list:
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
                try:
                    yield keyword.arg or "", ast.literal_eval(keyword.value)
                except ValueError:  # no literal: told of the function when the file is loaded
                    continue


def _union(values: Iterable[Any]) -> frozenset[str]:
    lists = [value for value in values if isinstance(value, list | tuple | set)]
    return frozenset(item for items in lists for item in items if isinstance(item, str))
