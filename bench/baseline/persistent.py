"""The lower bound: one process that serves call after call, without isolation, limits or log.

Frames on the unix socket that is named on the command line: length (4 bytes, big-endian), then JSON.
"""

import json
import socket
import struct
import sys
from typing import BinaryIO

from worker import Arguments, echo

_LENGTH = struct.Struct(">I")


def main() -> None:
    """Serves the one connection until it ends."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    with connection, connection.makefile("rb") as incoming:
        while payload := _receive(incoming):
            answer = json.dumps(echo(Arguments.model_validate_json(payload).value)).encode()
            connection.sendall(_LENGTH.pack(len(answer)) + answer)


def _receive(incoming: BinaryIO) -> bytes:
    header = incoming.read(_LENGTH.size)
    return incoming.read(*_LENGTH.unpack(header)) if len(header) == _LENGTH.size else b""


if __name__ == "__main__":
    main()
