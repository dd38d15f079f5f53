"""Generators, sync and async: one item after the other."""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable
from types import CoroutineType
from typing import Any


def each(returned: Any, begin: Callable[[], object], emit: Callable[[Any], object]) -> None:
    """Goes through the items that a function has returned: tells that they begin, and hands each on before the next.

    ``emit`` may block: nothing else of the function runs meanwhile, so it yields as fast as it is read.
    """
    if isinstance(returned, CoroutineType | AsyncIterable):
        asyncio.run(_each(returned, begin, emit))
        return
    begin()
    for item in returned:
        emit(item)


async def _each(returned: Any, begin: Callable[[], object], emit: Callable[[Any], object]) -> None:
    items: AsyncIterable[Any] | Iterable[Any] = await returned if isinstance(returned, CoroutineType) else returned
    begin()
    if isinstance(items, AsyncIterable):
        async for item in items:
            emit(item)
    else:
        for item in items:
            emit(item)


def collect(returned: Any) -> list[Any]:
    """All items at once."""
    items: list[Any] = []
    each(returned, lambda: None, items.append)
    return items
