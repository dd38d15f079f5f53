"""Takes a file."""

from heady import File


def size(file: File) -> int:
    """Its bytes."""
    return file.size
