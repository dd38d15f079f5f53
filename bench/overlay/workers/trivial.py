"""A worker whose function does nothing, with the imports of one that does: what is measured is the way there and back.

Names are imported from both packages, as their top levels are lazy and load next to nothing by themselves.
"""

from huggingface_hub import InferenceClient  # noqa: F401
from pydantic import BaseModel  # noqa: F401


def echo(value: str) -> str:
    return value
