"""What the double of ``heady.testing`` answers with: what a test gives, in the types of ``huggingface_hub``."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from huggingface_hub import InferenceClient

from heady.inference import default_model

#: Of the answers that are more than a text, the field that has it.
_TEXT_FIELDS = {
    "automatic_speech_recognition": "text",
    "image_to_text": "generated_text",
    "question_answering": "answer",
    "summarization": "summary_text",
    "translation": "translation_text",
}


def answer_of(task: str, given: Any, arguments: dict[str, Any]) -> Any:
    """What the client's method for the task would return, of what the test gives; raised where that is an exception."""
    if isinstance(given, BaseException) or (isinstance(given, type) and issubclass(given, BaseException)):
        raise given
    if callable(given):
        return answer_of(task, given(**arguments), arguments)
    if arguments.get("stream"):
        return _pieces(task, given, arguments)
    if task == "feature_extraction":
        import numpy as np

        return np.asarray(given, dtype=np.float32)
    return _typed(_whole_type(task), _spelled_out(task, given, arguments))


def _pieces(task: str, given: Any, arguments: dict[str, Any]) -> Iterator[Any]:
    """Piece by piece, as the client gives a stream: an iterator that can be read once."""
    output = _piece_type(task)
    pieces = [given] if isinstance(given, str | dict) else given
    for piece in pieces:
        if task == "chat_completion" and isinstance(piece, str):
            delta = {"role": "assistant", "content": piece}
            yield _typed(output, _chat({"index": 0, "delta": delta}, arguments))
        else:
            yield _typed(output, piece)


def _spelled_out(task: str, given: Any, arguments: dict[str, Any]) -> Any:
    """A plain text as the fields that it stands for."""
    text = "".join(given) if _is_texts(given) and task in ("chat_completion", "text_generation") else given
    if not isinstance(text, str):
        return given
    if task == "chat_completion":
        message = {"role": "assistant", "content": text}
        return _chat({"index": 0, "finish_reason": "stop", "message": message}, arguments)
    if task == "question_answering":
        start = max(0, str(arguments.get("context", "")).find(text))
        return {"answer": text, "score": 1.0, "start": start, "end": start + len(text)}
    field = _TEXT_FIELDS.get(task)
    return text if field is None else {field: text}


def _is_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(piece, str) for piece in given)


def _chat(choice: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    model = arguments.get("model") or default_model("chat_completion")
    return {"id": "test", "created": 0, "model": model, "system_fingerprint": "test", "choices": [choice]}


def _typed(output: Any, value: Any) -> Any:
    """Dicts as the client's own type, where it returns one."""
    if output is None or isinstance(value, output) or not (isinstance(value, dict) or _is_dicts(value)):
        return value
    return output.parse_obj(value)


def _is_dicts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(element, dict) for element in value)


def _whole_type(task: str) -> Any:
    """The client's own type that its method for the task returns, alone or in a list; ``None`` where it has none."""
    return _own_type(way for way in _returned(task) if get_origin(way) is not Iterable)


def _piece_type(task: str) -> Any:
    """The client's own type of the pieces of a stream."""
    return _own_type(way for way in _returned(task) if get_origin(way) is Iterable)


def _returned(task: str) -> list[Any]:
    returned = inspect.signature(getattr(InferenceClient, task)).return_annotation
    return [returned, *get_args(returned)]


def _own_type(ways: Iterable[Any]) -> Any:
    found = (part for way in ways for part in [way, *get_args(way)])
    return next((part for part in found if isinstance(part, type) and hasattr(part, "parse_obj")), None)
