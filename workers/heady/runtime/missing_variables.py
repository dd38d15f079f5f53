"""Which environment variables a file looked for in vain while it was imported."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def recorded() -> Iterator[list[str]]:
    """The names that are looked for in ``os.environ`` within its body and are not there, in order."""
    names: list[str] = []
    environ: Any = type(os.environ)

    class Recording(environ):
        def __getitem__(self, name: str) -> str:
            try:
                return super().__getitem__(name)
            except KeyError:
                names.append(name)
                raise

    os.environ.__class__ = Recording  # type: ignore[assignment]
    try:
        yield names
    finally:
        os.environ.__class__ = environ


def advice(message: str, names: list[str]) -> str:
    """What to do about an import that failed for want of a variable; nothing where it did not."""
    mentioned = [name for name in names if re.search(rf"\b{re.escape(name)}\b", message)]
    if not mentioned:
        return ""
    name = mentioned[-1]
    return (
        f". {name} is not there while the file is imported: make what needs it in a function decorated with "
        f'@heady.after_fork, for functions with secrets=["{name}"], or give it to the whole file by '
        f'@function(secrets_at_import=["{name}"])'
    )
