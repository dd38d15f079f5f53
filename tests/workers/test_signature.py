"""What a function's hints may be."""

import re
import sys
from collections.abc import Callable
from typing import TypedDict

import pytest
from heady.runtime.signature import Signature


class _Options(TypedDict):
    width: int


def _takes(count: int, options: list[_Options]) -> int:
    return count + len(options)


def _returns() -> _Options:
    return {"width": 1}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pydantic reads typing's own there")
@pytest.mark.parametrize(
    ("function", "where"),
    [
        (_takes, r"_takes: parameter 'options' has the hint list\[\S+_Options\], "),
        (_returns, r"_returns: its return type is \S+_Options, "),
    ],
)
def test_a_typed_dict_of_typing_is_told_with_its_mend(function: Callable[..., object], where: str) -> None:
    with pytest.raises(TypeError, match=where + ".*" + re.escape("`from typing_extensions import TypedDict`")):
        Signature(function)
