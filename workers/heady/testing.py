"""For the tests of workers: the ``Context`` of a call, and answers in place of inference.

Only tests import this module. A worker is a plain module, so a test imports it and calls its functions::

    def test_answers_from_the_context() -> None:
        with testing.inference(question_answering="Bob") as calls:
            assert process_data.qa("Who?", context="Bob built it.")["answer"] == "Bob"
        assert calls[0].arguments["question"] == "Who?"
"""

import difflib
import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from huggingface_hub import InferenceClient

from heady.context import Context
from heady.testing_answers import answer_of


def context(*, shutting_down: bool | Callable[[], bool] = False, **overrides: Any) -> Context:
    """The context of a call without an end, for a function that takes one.

    Args:
        shutting_down: whether the service is about to end, or what says so each time that the function asks.
        overrides: fields of ``Context``.
    """
    fields: dict[str, Any] = {"request_id": "test", "invocation_id": "test", "worker": "test", "function": "test"}
    is_draining = shutting_down if callable(shutting_down) else lambda: shutting_down
    return Context(**(fields | overrides), _is_draining=is_draining)


@dataclass(frozen=True, slots=True)
class Call:
    """What a worker has asked of inference."""

    task: str
    #: By name, however they were given; without those that were not.
    arguments: dict[str, Any]


@contextmanager
def inference(**answers: Any) -> Iterator[list[Call]]:
    """Has ``heady.inference()`` return a double that answers as given, and gives the list of what it is asked.

    The double is an ``InferenceClient`` that reaches no network. Each of ``answers`` is for the task of its name: an
    exception is raised, a function is called with the arguments by name, anything else is the answer. Where the client
    returns a type of its own, a plain text or dict becomes that: ``chat_completion="Hello"`` is a reply with this one
    message. A list of texts is the pieces of a streamed reply. For a task that has no answer the call fails.

    Raises:
        TypeError: ``InferenceClient`` has no such task; names the nearest.
    """
    for task in answers:
        _check(task)
    calls: list[Call] = []
    module = importlib.import_module("heady.inference")  # by this name the package itself has the function
    address = {"HEADY_INFERENCE_URL": "http://inference.test"}
    with (
        mock.patch.dict(os.environ, address),
        mock.patch.object(module, "_client", lambda *_, **__: _double(answers, calls)),
    ):
        yield calls


#: What of the client's methods reaches the network.
_TASKS = [
    name
    for name, _ in inspect.getmembers(InferenceClient, inspect.isfunction)
    if not name.startswith("_") and name != "close"
]


def _check(task: str) -> None:
    if task not in _TASKS:
        near = difflib.get_close_matches(task, _TASKS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(_TASKS)}"
        raise TypeError(f"InferenceClient has no task '{task}': {hint}")


def _double(answers: dict[str, Any], calls: list[Call]) -> InferenceClient:
    client = InferenceClient(api_key="test")
    for task in _TASKS:
        setattr(client, task, _method(task, answers, calls))
    return client


def _method(task: str, answers: dict[str, Any], calls: list[Call]) -> Callable[..., Any]:
    signature = inspect.signature(getattr(InferenceClient, task))

    def call(*given: Any, **named: Any) -> Any:
        _, *arguments = signature.bind(None, *given, **named).arguments.items()  # without self
        calls.append(Call(task, dict(arguments)))
        if task not in answers:
            raise AssertionError(f"the worker calls {task}, and the test gives no answer for it")
        return answer_of(task, answers[task], dict(arguments))

    return call
