"""Random generators in forked processes: each is to draw numbers of its own.

Those that the system or OpenSSL seeds (``secrets``, ``uuid4``, ``ssl``) do so anyway; these keep their state in memory,
which a fork copies.
"""

import random
import sys


def reseed() -> None:
    """Seeds the generators of modules anew: for the process that is forked next, at its zygote's expense."""
    random.seed()
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
