"""Looks at what a worker has of inference, and for what it should not have."""

import ctypes
import gc
import os
import time
from pathlib import Path

import heady


def hold(seconds: float) -> None:
    """Tells its grant in the log, then keeps it for a while."""
    print(os.environ["HEADY_INFERENCE_URL"], os.environ["HEADY_INFERENCE_TOKEN"])
    time.sleep(seconds)


def environments() -> dict[str, str]:
    """Every environment that this process can read."""
    return {
        "python": repr(dict(os.environ)),
        "libc": repr(_libc_environment()),
        "own block": Path("/proc/self/environ").read_text(),
    }


def first_chunks(model: str, count: int) -> list[str]:
    """The first pieces of a streamed answer; the stream is left when they are there."""
    chunks: list[str] = []
    for chunk in _stream(model):
        chunks.append(chunk.choices[0].delta.content or "")
        if len(chunks) == count:
            break
    return chunks


def all_chunks(model: str) -> list[str]:
    return [chunk.choices[0].delta.content or "" for chunk in _stream(model) if chunk.choices]


def _stream(model: str):
    messages = [{"role": "user", "content": "Say something long."}]
    stream = heady.inference().chat_completion(messages, model=model, stream=True)
    gc.collect()  # nobody but the stream holds the client
    return stream


def _libc_environment() -> list[bytes]:
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    entries: list[bytes] = []
    while entry := environ[len(entries)]:
        entries.append(entry)
    return entries
