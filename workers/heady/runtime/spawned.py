"""A process of a worker in an interpreter of its own: for what does not bear forking.

Started by the base zygote, which follows it as it does all its processes. It is bound and confined as a forked process
is; only its import is its own, which is why it is started ahead of need.
"""

import os
import sys

from pydantic_core import from_json

from heady import hooks
from heady.runtime import frames, process
from heady.runtime.loading import Worker, reported
from heady.runtime.time_limit import run_hooks


def main() -> None:
    """Loads the worker, and serves as its profile says."""
    connection, server, order = int(sys.argv[1]), int(sys.argv[2]), from_json(sys.argv[3])
    os.set_inheritable(connection, False)
    with reported(connection, order["file"]):
        variables = frames.receive_json(connection, frames.PREPARE)
        worker = Worker(order, server, lambda _: variables)
        profile = worker.profile(order["function"])
        for step in process.limiting(profile):
            step()
        worker.sandbox.narrow(os.getcwd(), profile)
        run_hooks(hooks.after)
    worker.calls.serving(profile)(connection)
