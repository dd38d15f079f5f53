"""The sandbox of one worker: its zygote is in it before the file is imported, and each child in a narrower one.

What the kernel does not offer is left out, unless the service requires it; the service tells what is in force.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from heady.runtime import grants, landlock, process, seccomp
from heady.runtime.landlock import READ, Rule, Ruleset
from heady.runtime.needs import Needs
from heady.runtime.process import Step
from heady.runtime.profile import Profile


class Sandbox:
    """The rules of one worker.

    Args:
        order: what the service says: ``sandbox`` (whether there is to be any), ``root`` of the project, ``private``
            (folders that no grant may hold) and ``code`` (folders that workers read).
        needs: what the file's functions declare.
        protected: processes that get no signal from here.
    """

    def __init__(self, order: Mapping[str, Any], needs: Needs, protected: list[int]) -> None:
        wanted = order["sandbox"] != "off"
        self._landlock = wanted and landlock.abi() > 0
        self._seccomp = wanted and seccomp.supported()
        self._root: str = order["root"]
        self._needs = needs
        threads = [thread for pid in protected for thread in process.threads_of(pid)]
        self._protected = [*threads, *{os.getpgid(pid) for pid in protected}]
        code = [Rule(folder, READ) for folder in order["code"]]
        self._common = [*grants.common(self._root, *order["private"]), *code] if self._landlock else []

    def enter(self, directory: str) -> None:
        """Confines this process, before it imports the file, to what the file's functions may reach between them.

        Raises:
            OSError: the kernel has Landlock and refuses.
        """
        if self._landlock:
            reads = [os.path.join(self._root, path) for path in self._needs.reads]
            _restrict(self._ruleset(directory, reads, shm=self._needs.shm))
        else:
            process.hide()  # the next best thing: other processes cannot read this one

    def narrow(self, directory: str, profile: Profile) -> None:
        """Confines this process, which has imported the file, to what one profile may reach.

        Raises:
            OSError: the kernel has Landlock and refuses.
        """
        if self._landlock:
            _restrict(self._ruleset(directory, profile.reads, shm=profile.shm))
        if self._seccomp:
            seccomp.Filter(self._protected, unix=profile.unix).install()

    def filter_calls(self) -> None:
        """Refuses this process, and all that it will fork, the system calls that no worker has business with."""
        if self._seccomp:
            seccomp.Filter([*self._protected, os.getpid()], unix=self._needs.unix).install()

    def confining(self, directory: str, profile: Profile) -> list[Step]:
        """What confines a child with that temporary directory."""
        steps: list[Step] = []
        if self._landlock:
            steps.append(self._ruleset(directory, profile.reads, shm=profile.shm).restrict)
        if self._seccomp and self._needs.unix and not profile.unix:
            steps.append(seccomp.Filter([], unix=False).install)
        return steps

    def _ruleset(self, directory: str, reads: Sequence[str], *, shm: bool) -> Ruleset:
        return Ruleset([*self._common, *grants.own(directory, reads=reads, shm=shm)])


def _restrict(rules: Ruleset) -> None:
    if rules.restrict() != 0:
        raise landlock.refusal()
    rules.close()
