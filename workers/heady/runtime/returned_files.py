"""Files that functions return: the service streams them out of the temporary directory, after the process has ended."""

import json
import os
import shutil
import tempfile

from heady.file import File
from heady.runtime import frames, json_faults


def told(file: File) -> frames.Frame:
    """The frame of a call that returns a file.

    It is copied into the temporary directory where it is not in it, or where JSON cannot say its name there.

    Raises:
        OSError: it is not there, or not to be read.
    """
    path = os.path.realpath(file.path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"the returned file {os.fspath(file.path)!r} is not there, or is none")
    own = os.path.realpath(os.environ["TMPDIR"])
    copied = not path.startswith(f"{own}/") or not json_faults.is_text(path)
    if copied:
        path = _copy(path, own)
    return frames.FILE, json.dumps({"path": path, "copied": copied, "name": file.name, "type": file.type}).encode()


def _copy(path: str, directory: str) -> str:
    descriptor, copy = tempfile.mkstemp(dir=directory)
    os.close(descriptor)
    return shutil.copyfile(path, copy)
