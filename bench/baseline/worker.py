"""The usual way: a process for each request, JSON on stdin, JSON on stdout. Same imports as the trivial worker."""

import json
import sys

from huggingface_hub import InferenceClient  # noqa: F401
from pydantic import BaseModel


class Arguments(BaseModel):
    value: str


def echo(value: str) -> str:
    return value


if __name__ == "__main__":
    arguments = Arguments.model_validate_json(sys.stdin.buffer.read())
    print(json.dumps(echo(arguments.value)))
