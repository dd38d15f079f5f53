"""What a process of the base zygote becomes: a worker's zygote, or a fresh interpreter for one process of a worker."""

import functools
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic_core import from_json

import heady
from heady import hooks
from heady.runtime import child, forking, frames, printing, process, safety, shared_modules, zygote
from heady.runtime.loading import Worker, is_prepared, reported
from heady.runtime.mappings import Memory
from heady.runtime.needs import Needs
from heady.runtime.profile import Profile
from heady.runtime.slots import Slots
from heady.runtime.time_limit import run_hooks


def serve(control: int, server: int) -> None:
    """Does what the service asks for on this connection.

    Args:
        control: the descriptor of the connection.
        server: the process id of the service.
    """
    frames.send(control, frames.READY, child.ready())
    frame = frames.receive(control)
    if frame is None:
        return
    if frame[0] == frames.SPAWN:
        _become_fresh(control, server, frame[1].decode())
    order = from_json(frame[1])
    with reported(control, order["file"]):
        forked = _zygote(order, control, server)
    forked.run()


def _become_fresh(control: int, server: int, order: str) -> NoReturn:
    os.set_inheritable(control, True)
    arguments = [os.path.dirname(heady.__path__[0]), str(control), str(server), order]
    os.execv(sys.executable, [sys.executable, "-P", "-u", "-c", _PROGRAM, *arguments])


_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from heady.runtime.spawned import main; main()"


def _zygote(order: Mapping[str, Any], control: int, server: int) -> zygote.Zygote:
    """Loads the worker and tells its functions.

    There is a socket for each profile of its functions, ``<index>.sock`` in this process's directory. Where the process
    cannot be forked there is none, and it ends when it has told.
    """
    memory = Memory()

    def ask(needs: Needs) -> Mapping[str, str]:
        if not needs.secrets_at_import:
            return {}
        frames.send_json(control, frames.NEEDS, sorted(needs.secrets_at_import))
        return frames.receive_json(control, frames.PREPARE)

    worker = Worker(order, server, ask)
    for _ in range(_REHEARSALS):
        worker.calls.rehearse()
    printing.rehearse(order["file"])
    forked = zygote.Zygote(control, server, lambda: _run_before_fork(server))
    run_hooks(hooks.before)
    unsafe = order["unsafe"] or safety.why_unsafe(server)
    profiles: dict[Profile, int] = {}
    described = []
    for name, function in worker.functions.items():
        profile = worker.profile(name)
        index = profiles.setdefault(profile, len(profiles))
        spawned = bool(unsafe) or profile.isolation == "spawn"
        prepared = is_prepared(profile) and not spawned
        described.append({**function.describe(), "profile": index, "prepared": prepared, "spawned": spawned})
    for profile, index in profiles.items():
        if not unsafe and profile.isolation != "spawn":
            _open(forked, worker, profile, index)
    worker.sandbox.filter_calls()
    memory.write_once()
    fork = {"way": "none", "why": unsafe} if unsafe else _way_to_fork()
    loaded = {"functions": described, "fork": fork, "imports": shared_modules.sought()}
    frames.send_json(control, frames.LOADED, loaded)
    return forked


#: CPython specialises a function's code after some calls, each time writing to its pages.
_REHEARSALS = 20


def _open(forked: zygote.Zygote, worker: Worker, profile: Profile, index: int) -> None:
    directory = os.getcwd()
    slots = Slots(f"{directory}/{index}-", lambda own: worker.sandbox.confining(own, profile))
    serve_calls = worker.calls.serving(profile)
    if is_prepared(profile):
        serve_calls = functools.partial(worker.calls.prepare, serve_calls)
    forked.open(f"{directory}/{index}.sock", serve_calls, slots, process.limiting(profile))


def _run_before_fork(server: int) -> None:
    if hooks.before:
        run_hooks(hooks.before)
        if unsafe := safety.why_unsafe(server):
            raise RuntimeError(f"the file's process can no longer be forked: {unsafe}")


def _way_to_fork() -> dict[str, str | None]:
    why = forking.why_not_libc()
    return {"way": "os" if why else "libc", "why": why}
