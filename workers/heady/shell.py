"""Runs a function of a worker from the shell: JSON in on stdin, JSON out on stdout."""

import inspect
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from heady.runtime.functions import Function


def main(arguments: Sequence[str] | None = None) -> None:
    """Ends a worker file: ``if __name__ == "__main__": heady.main()``.

    Then ``echo '{"question": "…"}' | python workers/process_data.py qa`` runs ``qa``.
    """
    caller = inspect.stack()[1].frame.f_globals
    run_file(Path(caller["__file__"]), list(sys.argv[1:] if arguments is None else arguments))


def run_file(file: Path, words: Sequence[str]) -> None:
    """Runs the function that ``words`` name, with the JSON object on stdin; exits with 1 on any problem."""
    from pydantic import ValidationError

    from heady import hooks
    from heady.context import Context
    from heady.errors import HTTPError
    from heady.runtime import functions

    known = functions.functions_of(functions.load(file.resolve()))
    name = words[0] if words else ""
    if name not in known:
        _exit(f"usage: echo '{{…}}' | python {file} FUNCTION\nfunctions: {', '.join(known) or 'none'}")
    function = known[name]
    if (signature := function.signature) is None:
        _exit(f"{function.error}")
    context = Context(request_id="shell", invocation_id=str(os.getpid()), worker=file.stem, function=name)
    for hook in hooks.after:
        hook()
    try:
        arguments = signature.bind(sys.stdin.buffer.read() or b"{}")
        if signature.context_name is not None:
            arguments[signature.context_name] = context
        _run(function, arguments)
    except ValidationError as error:
        _exit(str(error))
    except (RuntimeError, HTTPError, *_transport_errors()) as error:
        _exit(f"{type(error).__name__}: {error}")


def _run(function: "Function", arguments: dict[str, Any]) -> None:
    """Prints what the function returns; the items of a generator line by line, as they come."""
    from heady.runtime import functions, streaming

    assert function.signature is not None
    if (item := function.signature.item) is not None:
        streaming.each(function.target(**arguments), lambda: None, lambda value: _print(item.dump(value)))
    else:
        _print(function.signature.returned.dump(functions.call(function.target, arguments)))


def _print(line: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _transport_errors() -> tuple[type[Exception], ...]:
    """What the inference client raises when nobody answers: no mistake of the worker's, so no traceback."""
    client = sys.modules.get("httpx2")
    return (client.TransportError,) if client else ()


def _exit(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(1)
