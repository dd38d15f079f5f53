"""Frames on a unix socket: length (4 bytes, big-endian), kind (1 byte), payload.

On descriptors rather than socket objects: a child reads and writes its only connection, and each object that it does
without is a page that it does not copy.
"""

import json
import os
import struct
import sys
from typing import Any

_HEADER = struct.Struct(">Ic")

# From the service to a process.
OPEN = b"O"  # JSON: load this worker file
SPAWN = b"S"  # JSON: become a fresh interpreter for one process of this worker file
PREPARE = b"P"  # JSON: environment variables, for a process that waits for them
CALL = b"C"  # 4 bytes length, that much JSON: how to serve this call; then its arguments, a JSON object
DRAINING = b"D"  # nothing: the service is shutting down, told after a call and while that is served
KILL = b"K"  # 4 bytes process id: end this child and all its processes
TERMINATE = b"T"  # 4 bytes process id: tell this child to end by itself
SYNC = b"Y"  # 4 bytes process id: hand on what this child has written so far, then send it back

# From a process to the service.
LOADED = b"W"  # JSON: the worker's functions
NEEDS = b"N"  # JSON: the environment variables that the worker's file is to have when it is imported
FAILED = b"U"  # JSON: why the worker does not load, or the process cannot serve
READY = b"H"  # 4 bytes process id, 1 byte whether its last call wrote output, its directory: it waits for its order
RESULT = b"R"  # bytes: the returned value as JSON; nothing at the end of a stream
ANSWER = b"A"  # of an endpoint: 4 bytes length, that much JSON: status and headers; then the bytes of the body
FILE = b"F"  # JSON: where the returned file is, whether that is a copy of it, its name and media type
STREAM = b"B"  # nothing: the arguments are valid, items follow
ITEM = b"I"  # bytes: one item of a stream as JSON
ERROR = b"E"  # JSON: why there is no result
EXITED = b"X"  # 4 bytes process id, then how it ended and what it used (zygote.py), then a directory to remove, if any
LOG = b"L"  # 4 bytes process id, 1 byte stream, then bytes that it wrote

Frame = tuple[bytes, bytes]


def send(fd: int, kind: bytes, payload: bytes) -> None:
    """Sends one frame; blocks until the kernel has all of it."""
    frame = _HEADER.pack(len(payload), kind) + payload
    written = os.write(fd, frame)
    if written < len(frame):
        _send_rest(fd, memoryview(frame)[written:])


def send_json(fd: int, kind: bytes, value: Any) -> None:
    """Sends one frame with a JSON payload."""
    send(fd, kind, json.dumps(value, allow_nan=False).encode())


def receive(fd: int) -> Frame | None:
    """The next frame, or ``None`` at the end of the stream, also when it ends within a frame or by a reset."""
    try:
        header = _receive_exactly(fd, _HEADER.size)
        if header is None:
            return None
        length, kind = _HEADER.unpack(header)
        payload = _receive_exactly(fd, length)
    except ConnectionResetError:
        return None
    return None if payload is None else (kind, payload)


def receive_json(fd: int, kind: bytes) -> Any:
    """The payload of the next frame, which is of that kind; at the end of the stream this process ends."""
    frame = receive(fd)
    if frame is None or frame[0] != kind:
        sys.exit()
    return json.loads(frame[1])


def _receive_exactly(fd: int, length: int) -> bytes | None:
    data = os.read(fd, length)
    if len(data) == length:
        return data
    parts = [data]
    missing = length - len(data)
    while missing and parts[-1]:
        parts.append(os.read(fd, missing))
        missing -= len(parts[-1])
    return None if missing else b"".join(parts)


def _send_rest(fd: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(fd, rest) :]
