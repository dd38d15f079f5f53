"""A worker zygote: imports one worker file, tells its functions, forks a child for each call."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from heady import hooks
from heady.runtime import child, frames, functions, missing_variables, needs, process, zygote
from heady.runtime.mappings import Memory
from heady.runtime.profile import Profile, profile_of
from heady.runtime.sandbox import Sandbox
from heady.runtime.slots import Slots
from heady.runtime.time_limit import run_hooks


def serve(control: int, server: int) -> None:
    """Loads the worker that the service asks for on this connection and serves its calls until that ends.

    There is a socket for each profile of its functions, ``<index>.sock`` in this process's directory.

    Args:
        control: the descriptor of the connection.
        server: the process id of the service.
    """
    frames.send(control, frames.READY, child.ready())
    frame = frames.receive(control)
    if frame is None:
        return
    order = from_json(frame[1])
    with missing_variables.recorded() as missing:
        try:
            worker = _load(order, control, server)
        except BaseException as error:
            failure = functions.describe_failure(error, order["file"])
            failure["message"] += missing_variables.advice(failure["message"], missing)
            frames.send_json(control, frames.FAILED, failure)
            return
    worker.run()


def _load(order: Mapping[str, Any], control: int, server: int) -> zygote.Zygote:
    directory = os.getcwd()
    file = Path(order["file"])
    memory = Memory()
    needed = needs.needs_of(file)
    sandbox = Sandbox(order, needed, [server, os.getppid()])
    sandbox.enter(directory)
    os.environ.update(order["environment"])
    if needed.secrets_at_import:
        frames.send_json(control, frames.NEEDS, sorted(needed.secrets_at_import))
        os.environ.update(frames.receive_json(control, frames.PREPARE))
    known = functions.functions_of(functions.load(file))
    for function in known.values():
        function.check(needed)
    worker = zygote.Zygote(control, server, lambda: run_hooks(hooks.before))
    calls = child.Server(file, known, functions.Function(_rehearsal))
    for _ in range(_REHEARSALS):
        calls.rehearse()
    described = []
    profiles: dict[Profile, int] = {}
    for function in known.values():
        profile = profile_of(function.declaration, order["defaults"], order["root"])
        index = profiles.setdefault(profile, len(profiles))
        described.append({**function.describe(), "profile": index, "prepared": _is_prepared(profile)})
    for profile, index in profiles.items():
        slots = Slots(f"{directory}/{index}-", lambda own, profile=profile: sandbox.confining(own, profile))
        serve_calls = calls.prepare_and_serve if _is_prepared(profile) else calls.serve
        limits = process.limiting(profile.cpu_seconds, profile.memory_bytes, profile.disk_bytes)
        worker.open(f"{directory}/{index}.sock", serve_calls, slots, limits)
    sandbox.filter_calls()
    memory.write_once()
    frames.send_json(worker.control, frames.LOADED, {"functions": described})
    return worker


def _is_prepared(profile: Profile) -> bool:
    return bool(profile.secrets or hooks.after)


#: CPython specialises a function's code after some calls, each time writing to its pages.
_REHEARSALS = 20


def _rehearsal(text: str) -> str:
    return text
