"""Files that a function takes or returns: their bytes never pass through JSON."""

import mimetypes
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from heady.media_type import is_media_type

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
    from pydantic_core import CoreSchema

_UNKNOWN = "application/octet-stream"
_HOW_TO_GIVE = (
    "A file, sent as a part of multipart/form-data with a file name; "
    "or, where no text is taken, the key of a stored one."
)
_WANTED = (
    "a file is wanted: send it as a part of multipart/form-data with a file name, or give the key of a stored file"
)


@dataclass(frozen=True, slots=True, init=False)
class File:
    """A file: taken, a part of ``multipart/form-data`` or a copy of a stored file; returned, streamed to the caller.

    One that is taken lies in the function's temporary directory, is the function's own, and counts towards no limit.
    Stored ones that a call names have no more bytes together than the function's limit of disk.
    One that is returned may lie anywhere that the function can read; from elsewhere than its temporary directory it is
    copied there first.

    Args:
        path: where its bytes are.
        name: what the caller calls it, or is to call it; the path's last part where none is given. Of more than 255
            characters, the last before the extension are left out.
        type: its media type (RFC 9110, 8.3.1); guessed from the name where none is given.

    Raises:
        ValueError: ``type`` is no media type.
    """

    path: Path
    #: Never a path: it has no separators, and is neither ``.`` nor ``..``.
    name: str
    type: str

    def __init__(self, path: str | os.PathLike[str], *, name: str | None = None, type: str | None = None) -> None:  # noqa: A002
        object.__setattr__(self, "path", Path(path))
        object.__setattr__(self, "name", _file_name(name or self.path.name))
        object.__setattr__(self, "type", _checked(type or mimetypes.guess_type(self.name)[0] or _UNKNOWN))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Its bytes, as a stream that the caller closes.

        Raises:
            OSError: it is gone, or not to be read.
        """
        return self.path.open("rb")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        """Takes a file that the runtime has made, or the text that stands for one of those in the context."""
        from pydantic_core import core_schema

        refuse = core_schema.plain_serializer_function_ser_schema(_refuse)
        return core_schema.with_info_plain_validator_function(_taken, serialization=refuse)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> dict[str, Any]:
        """Bytes of their own, as OpenAPI 3.1 has it for parts and bodies."""
        bytes_of_its_own = {"type": "string", "format": "binary", "contentMediaType": _UNKNOWN}
        return bytes_of_its_own | ({"description": _HOW_TO_GIVE} if handler.mode == "validation" else {})


def _file_name(given: str) -> str:
    whole = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", os.path.basename(given))
    name = "".join(character for character in whole if character.isprintable())
    if len(name) > _MOST_OF_NAME:
        extension = os.path.splitext(name)[1]
        kept = "" if len(extension) >= _MOST_OF_NAME else extension
        name = name[: _MOST_OF_NAME - len(kept)] + kept
    return "file" if name in ("", ".", "..") else name


#: Characters. File systems take 255 bytes, and a header some kilobytes.
_MOST_OF_NAME = 255
#: What the system's names have in place of bytes that are not UTF-8, and no text can be sent with.
_SURROGATES = re.compile("[\ud800-\udfff]")


def _checked(media_type: str) -> str:
    if not is_media_type(media_type):
        raise ValueError(f"{media_type!r} is no media type such as 'image/png' or 'text/csv; charset=utf-8'")
    return media_type


def _taken(value: Any, info: "ValidationInfo[Any]") -> File:
    if isinstance(value, File):
        return value
    if isinstance(value, str) and isinstance(info.context, StandIns) and value in info.context:
        return info.context[value]
    from pydantic_core import PydanticCustomError

    raise PydanticCustomError("file", _WANTED)


class StandIns(dict[str, File]):
    """The context of a validation in which texts stand for files."""


def _refuse(file: File) -> str:
    from pydantic_core import PydanticSerializationError

    raise PydanticSerializationError(f"the file {file.name!r} can only be returned by itself, not within another value")
