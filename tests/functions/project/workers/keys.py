"""Files that are given by key."""

import time
from pathlib import Path

import heady
from heady import File


def told(file: File, mark: str = "", seal: bytes = b"") -> dict[str, object]:
    """What it has of a file."""
    return {"name": file.name, "type": file.type, "text": file.path.read_text(), "mark": mark, "seal": seal.decode()}


def optional(file: File | None = None) -> str | None:
    return file and file.path.read_text()


def several(files: list[File]) -> list[str]:
    return [f"{file.name}: {file.path.read_text()}" for file in files]


def either(given: File | str, other: File) -> list[str]:
    return [f"text {given}" if isinstance(given, str) else f"file {given.name}", other.name]


def scribble(file: File) -> str:
    """Writes to what it was given."""
    with file.path.open("a") as stream:
        stream.write(" scribbled")
    return file.path.read_text()


@heady.function(disk="1MB")
def small(file: File, more: int = 0) -> int:
    """Keeps more beside the file."""
    Path("more").write_bytes(bytes(more))
    time.sleep(0.5 if more else 0)
    return file.size


@heady.function(disk="1GB")
def large(file: File) -> int:
    return file.size


@heady.function(disk="1GB", timeout="20ms")
def hasty(file: File) -> int:
    return file.size


@heady.function(concurrency=1)
def slow(file: File | None = None) -> str | None:
    """The next call waits for it."""
    if file is None:
        time.sleep(1.5)
    return file and file.path.read_text()


def loud(file: File, mark: str = "!") -> File:
    Path("loud").write_text(file.path.read_text().upper() + mark)
    return File("loud", name="loud.txt", type="text/plain")


def vast(megabytes: int) -> File:
    with Path("vast").open("wb") as stream:
        stream.truncate(megabytes * 1024**2)
    return File("vast")


def maybe(text: str | None = None) -> File | None:
    return None


def text(text: str) -> str:
    print("the text function ran")
    return text
