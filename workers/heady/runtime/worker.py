"""A worker zygote: imports one worker file, tells its functions, forks a child for each call."""

import os
from pathlib import Path

from pydantic_core import from_json

from heady.runtime import child, frames, functions, mappings, process, zygote
from heady.runtime.profile import Profile, profile_of


def serve(control: int, server: int | None) -> None:
    """Loads the worker that the service asks for on this connection and serves its calls until that ends.

    There is a socket for each profile of its functions, ``<index>.sock`` in this process's directory.
    """
    directory = os.getcwd()
    frames.send(control, frames.READY, child.ready())
    frame = frames.receive(control)
    if frame is None:
        return
    order = from_json(frame[1])
    os.environ.update(order["environment"])
    try:
        known = functions.functions_of(functions.load(Path(order["file"])))
    except BaseException as error:
        frames.send_json(control, frames.FAILED, functions.describe_import_error(error, order["file"]))
        return
    calls = child.Server(order["name"], known, functions.Function(_rehearsal))
    for _ in range(_REHEARSALS):
        calls.rehearse()
    worker = zygote.Zygote(control, server, directory)
    profiles: dict[Profile, int] = {}
    described = []
    for function in known.values():
        profile = profile_of(function.declaration, order["defaults"], order["root"])
        index = profiles.setdefault(profile, len(profiles))
        described.append({**function.describe(), "profile": index})
    for profile, index in profiles.items():
        steps = process.limiting(profile.cpu_seconds, profile.memory_bytes)
        worker.open(zygote.listen(f"{directory}/{index}.sock"), calls.serve, steps)
    frames.send_json(worker.control, frames.LOADED, {"functions": described})
    mappings.write_once()
    worker.run()


#: CPython specialises a function's code after some calls, each time writing to its pages.
_REHEARSALS = 20


def _rehearsal(text: str) -> str:
    return text
