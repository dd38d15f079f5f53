"""Frames on a unix socket: length (4 bytes, big-endian), kind (1 byte), payload."""

import json
import socket
import struct
from typing import Any

_HEADER = struct.Struct(">Ic")

# From the service to a process.
OPEN = b"O"  # JSON: load this worker file
CALL = b"C"  # JSON: serve this call; an INPUT follows
INPUT = b"I"  # bytes: the arguments as a JSON object
KILL = b"K"  # 4 bytes process id: end this child and all its processes

# From a process to the service.
LOADED = b"W"  # JSON: the worker's functions
FAILED = b"U"  # JSON: why the worker does not load
READY = b"H"  # JSON: this process waits for its order
RESULT = b"R"  # bytes: the returned value as JSON
ERROR = b"E"  # JSON: why there is no result
EXITED = b"X"  # JSON: a child ended, how, and what it used
LOG = b"L"  # 4 bytes process id, 1 byte stream, then bytes that it wrote

Frame = tuple[bytes, bytes]


def send(connection: socket.socket, kind: bytes, payload: bytes) -> None:
    """Sends one frame; blocks until the kernel has all of it."""
    connection.sendall(_HEADER.pack(len(payload), kind) + payload)


def send_json(connection: socket.socket, kind: bytes, value: Any) -> None:
    """Sends one frame with a JSON payload."""
    send(connection, kind, json.dumps(value).encode())


def receive(connection: socket.socket) -> Frame | None:
    """The next frame, or ``None`` at the end of the stream, also when it ends within a frame or by a reset."""
    try:
        header = _receive_exactly(connection, _HEADER.size)
        if header is None:
            return None
        length, kind = _HEADER.unpack(header)
        payload = _receive_exactly(connection, length)
    except ConnectionResetError:
        return None
    return None if payload is None else (kind, bytes(payload))


def _receive_exactly(connection: socket.socket, length: int) -> bytearray | None:
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = connection.recv_into(view)
        if count == 0:
            return None
        view = view[count:]
    return buffer
