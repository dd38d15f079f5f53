"""Random generators in forked processes: each is to draw numbers of its own.

Those that the system or OpenSSL seeds (``secrets``, ``uuid4``, ``ssl``) do so anyway; these keep their state in memory,
which a fork copies. A generator that was given a seed keeps it: to draw the same numbers each time is what it is for.
"""

import contextlib
import gc
import random
import sys
import weakref
from collections.abc import Iterator
from typing import Any

#: What ``random.random`` and its like draw from, and those that an import has made.
_generators: list[random.Random] = [random.seed.__self__]  # type: ignore[attr-defined]
_numpy_generators: list[Any] = []

#: Seeds in C, as each frame of ``random.seed`` writes to pages.
_seed = random.Random.__base__.seed  # type: ignore[union-attr]


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Notes the generators that are made without a seed within its body."""
    seed = random.Random.seed
    unseeded: weakref.WeakSet[random.Random] = weakref.WeakSet()

    def note(self: random.Random, a: Any = None, *arguments: Any, **options: Any) -> None:
        seed(self, a, *arguments, **options)
        if a is None:
            unseeded.add(self)
        else:
            unseeded.discard(self)

    random.Random.seed = note  # type: ignore[method-assign]
    try:
        yield
    finally:
        random.Random.seed = seed  # type: ignore[method-assign]
        _generators.extend(unseeded)
        _numpy_generators.extend(_unseeded_of_numpy())


def reseed() -> None:
    """Seeds the generators of modules anew: for the process that is forked next, at its zygote's expense."""
    for generator in _generators:
        _seed(generator)
        generator.gauss_next = None  # type: ignore[attr-defined]
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
        for generator in _numpy_generators:
            fresh = type(generator.bit_generator)()
            generator.bit_generator.state = fresh.state


#: A seed that nobody has given has 128 bits drawn by the system; one that somebody has typed is shorter.
_TYPED_BITS = 64


def _unseeded_of_numpy() -> list[Any]:
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is None:
        return []
    generators = [known for known in gc.get_objects() if isinstance(known, numpy_random.Generator)]
    return [generator for generator in generators if _drawn(generator.bit_generator)]


def _drawn(bit_generator: Any) -> bool:
    entropy = getattr(getattr(bit_generator, "seed_seq", None), "entropy", None)
    return isinstance(entropy, int) and entropy.bit_length() > _TYPED_BITS
