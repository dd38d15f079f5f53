"""Every kind of hint that has a form in TypeScript."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import heady
from heady import File
from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema
from typing_extensions import NotRequired, TypedDict


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Named(TypedDict):
    name: str
    nick: NotRequired[str]


@dataclass
class Point:
    x: float
    y: float = 0.0


class Cat(BaseModel):
    """A cat, and what is left of it: */."""

    kind: Literal["cat"]
    lives: int = 9
    kittens: list["Cat"] = []


class Dog(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    kind: Literal["dog"]
    barks_at: str = Field(alias="barksAt", min_length=1)


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Answer(BaseModel):
    """The answer of one function."""

    value: int


def describe_all(
    text: str,
    named: Named,
    point: Point,
    pet: Pet,
    size: Literal["s", "m"] = "m",
    colour: Colour = Colour.RED,
    when: datetime | None = None,
    pair: tuple[str, int] = ("", 0),
    counts: dict[str, int] | None = None,
    maybe: Optional[list[Point]] = None,  # noqa: UP045
    anything: Any = None,
) -> Answer:
    """Takes everything.

    Ends a comment: */ it does not.
    """
    return Answer(value=len(text))


def find_answer(data: bytes = b"") -> bytes:
    return data + bytes([255])


def days(until: date) -> Iterator[date]:
    yield until


async def pets() -> AsyncIterator[Pet]:
    yield Cat(kind="cat")


@heady.function(timeout="7s", memory="64MB", output="1MB")
def limited(photo: File, others: list[File] | None = None, note: str = "") -> File:
    return photo


def no_form(value: Callable[[int], int]) -> object:
    return value


def nothing() -> None:
    return None


class Blob(BaseModel):
    """Has the name of a type of JavaScript's."""

    size: int


def shadowed(photo: File, blob: Blob | None = None) -> Blob:
    return Blob(size=photo.size)


class Sealed(BaseModel):
    seal: bytes


def seal(sealed: Sealed) -> Sealed:
    return sealed


def keywords(mapping: dict[str, Point], default: Cat, title: str = "") -> dict[str, Cat]:
    return {title: default}


class Bird(BaseModel):
    kind: Literal["bird"]


Loose = Annotated[Bird, WithJsonSchema({"type": "object"})]


def oddities(json: JsonValue, odd: Annotated[Loose | Dog, Field(discriminator="kind")] | None = None) -> JsonValue:
    return json


Handmade = Annotated[int, WithJsonSchema({"properties": None, "description": 3, "discriminator": {"propertyName": "a"}})]


def handmade(value: Handmade) -> int:
    return value


def bounded(
    count: Annotated[int, Field(ge=1, description="How many: */.")] = 3,
    word: Annotated[str, Field(max_length=5, pattern="^a+$")] | None = None,
    cat: Annotated[Cat | None, Field(description="Which cat.")] = None,
) -> int:
    return count


def then() -> int:
    return 1
