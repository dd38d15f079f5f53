"""The base zygote: interpreter, runtime and pydantic, once; forks a worker zygote for each worker file.

Started by the service with a folder for its socket, ``base.sock``, and for its processes' temporary directories. The
first connection is its control connection; each further one becomes a worker zygote. The line ``listening`` on stdout
says that it may connect, and with what the kernel can confine processes.
"""

import functools
import gc
import json
import os
import site
import sys

from heady.runtime import forking

forking.record_hooks()  # before anything that registers one is imported

from heady.runtime import connections, landlock, process, seccomp, worker, zygote  # noqa: E402
from heady.runtime.slots import Slots  # noqa: E402


class Base(zygote.Zygote):
    """Ends everything at once when the service is gone: there is nobody left to answer."""

    def retire(self) -> None:
        """Ends every worker zygote, whatever it serves."""
        super().retire()
        for pid in list(self.children):
            self.kill(pid)


def main() -> None:
    """Serves until the service is gone."""
    directory = sys.argv[1]
    server = os.getppid()
    process.follow_server(server)
    process.drop_privileges()
    os.nice(_NICENESS)
    os.environ.setdefault("PYTHONUSERBASE", site.getuserbase())  # found by HOME, which a child has of its own
    gc.disable()  # a collection in a zygote would write to pages that its children share
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    listener = connections.listen(f"{directory}/base.sock")
    print("listening", json.dumps({"landlock": landlock.abi(), "seccomp": seccomp.supported()}), flush=True)
    control, _ = listener.accept()
    peer = connections.peer(control)
    if peer not in (server, None):
        sys.exit(f"connection from process {peer}, not from the service")
    process.unfollow_server()  # the end of the control connection says it from here on
    base = Base(control.detach(), peer)
    base.adopt(listener, functools.partial(worker.serve, server=server), Slots(f"{directory}/", lambda _: ()))
    base.run()


#: Below the server, so that a busy instance still answers its health check.
_NICENESS = 5
