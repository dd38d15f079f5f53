"""Tells what the texts of a query or a form have become."""

from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel


class Half(Enum):
    WHOLE = 1.0
    HALF = 0.5


class Area(BaseModel):
    width: int
    inner: "Area | None" = None


def texts(
    level: Literal[1, 2] = 1,
    sure: Literal[True] = True,
    half: Half | None = None,
    levels: list[Literal[1, 2]] = [],
    mixed: Literal["1", 1, "true"] = 1,
    number_first: int | bool | str = 0,
    text_first: str | int = 0,
    price: Decimal = Decimal(0),
    ratio: float = 0,
    anything: Any = None,
    area: Area | None = None,
    areas: list[Area] = [],
    counts: dict[str, int] | int | None = None,
) -> dict[str, str]:
    return {name: repr(value) for name, value in locals().items()}
