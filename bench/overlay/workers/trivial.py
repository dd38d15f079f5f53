"""A worker whose functions do nothing, with the imports of one that does: what is measured is the way there and back.

Names are imported from both packages, as their top levels are lazy and load next to nothing by themselves.
"""

import heady
from huggingface_hub import InferenceClient  # noqa: F401
from pydantic import BaseModel  # noqa: F401


def echo(value: str) -> str:
    return value


@heady.function(isolation="reuse", max_requests=1_000_000)
def echo_reused(value: str) -> str:
    return value
