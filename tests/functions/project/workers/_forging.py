"""Writes what no runtime would to the process's connection."""

import json
import os
import stat
import struct


def send_answer(headers: str, status: int) -> None:
    """An answer of its own, with those headers as a JSON object."""
    head = json.dumps({"status": status, "headers": json.loads(headers)}).encode()
    send("A", struct.pack(">I", len(head)) + head + b"forged")


def send(kind: str, payload: bytes = b"") -> None:
    """A frame of that kind."""
    frame = struct.pack(">Ic", len(payload), kind.encode()) + payload
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, frame)
        except OSError:
            continue
