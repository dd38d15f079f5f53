"""Inference for workers: Hugging Face's own client, by way of the service's gateway."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huggingface_hub import InferenceClient

#: The model of each task for a call that names none. Set by the service where the configuration has a variable for it.
_MODELS: dict[str, tuple[str, str]] = {
    "chat_completion": ("HF_TEXT_MODEL", "openai/gpt-oss-20b"),
    "text_generation": ("HF_TEXT_MODEL", "openai/gpt-oss-20b"),
    "feature_extraction": ("HF_EMBED_MODEL", "sentence-transformers/all-MiniLM-L6-v2"),
    "sentence_similarity": ("HF_EMBED_MODEL", "sentence-transformers/all-MiniLM-L6-v2"),
    "question_answering": ("", "deepset/roberta-base-squad2"),
    "summarization": ("", "facebook/bart-large-cnn"),
    "text_classification": ("", "distilbert/distilbert-base-uncased-finetuned-sst-2-english"),
    "zero_shot_classification": ("", "facebook/bart-large-mnli"),
    "token_classification": ("", "dslim/bert-base-NER"),
    "translation": ("", "google-t5/t5-base"),
    "fill_mask": ("", "google-bert/bert-base-uncased"),
    "automatic_speech_recognition": ("", "openai/whisper-large-v3"),
    "text_to_image": ("", "black-forest-labs/FLUX.1-schnell"),
}

#: Of Hugging Face itself, these have a path of their own below a model's, as some models serve several tasks.
_PIPELINES = ("feature_extraction", "sentence_similarity")


def inference() -> "InferenceClient":
    """A ready ``huggingface_hub.InferenceClient``, with a default model for each task.

    In the service it talks to the service's gateway, with a token that is good for this call alone. From the shell it
    talks to ``HEADY_INFERENCE_URL`` (which ``npm run dev`` and ``npm run mock`` print), else to Hugging Face with
    ``HF_TOKEN``.

    Raises:
        RuntimeError: run from the shell with neither; says how to get either.
    """
    if url := os.environ.get("HEADY_INFERENCE_URL"):
        return _client(url.rstrip("/"), os.environ.get("HEADY_INFERENCE_TOKEN") or "local", pipelines=tuple(_MODELS))
    if token := os.environ.get("HF_TOKEN"):
        return _client("https://router.huggingface.co", token, pipelines=_PIPELINES)
    raise RuntimeError(
        "no inference: run `npm run mock` and set HEADY_INFERENCE_URL to the address that it prints, or set HF_TOKEN"
    )


def default_model(task: str) -> str:
    """The model that serves a task of ``_MODELS`` for a call that names none."""
    variable, default = _MODELS[task]
    return os.environ.get(variable) or default


def _client(url: str, token: str, *, pipelines: tuple[str, ...]) -> "InferenceClient":
    from huggingface_hub import InferenceClient

    client = InferenceClient(base_url=f"{url}/v1", api_key=token)
    for task in _MODELS:
        address = partial(_address, url, task, pipelines)
        setattr(client, task, _with_model(getattr(client, task), task, address))
    return client


def _with_model(method: Callable[..., Any], task: str, address_of: Callable[[str], str]) -> Callable[..., Any]:
    """Gives a task its default model, and, as the client posts all but chat to the model's bare URL, that URL."""

    def call(*arguments: Any, model: str | None = None, **options: Any) -> Any:
        chosen = model or default_model(task)
        address = chosen if task == "chat_completion" else address_of(chosen)
        answer = method(*arguments, model=address, **options)
        return _streamed(method, answer) if isinstance(answer, Iterator) else answer

    return call


def _streamed(_method: Callable[..., Any], pieces: Iterator[Any]) -> Iterator[Any]:
    """Keeps the client that the method is bound to for as long as its stream is read.

    A client that is collected closes its responses: a ``for`` over ``inference().chat_completion(…, stream=True)``
    would end at the next collection.
    """
    yield from pieces


def _address(url: str, task: str, pipelines: tuple[str, ...], model: str) -> str:
    pipeline = f"/pipeline/{task.replace('_', '-')}" if task in pipelines else ""
    return f"{url}/hf-inference/models/{model}{pipeline}"
