"""Question answering, summaries and embeddings, by way of the service's inference gateway.

Runs by itself as well: ``echo '{"question": "Who?", "context": "…"}' | python workers/process_data.py qa``
"""

import os
from typing import Annotated

import heady
import numpy  # noqa: F401
from huggingface_hub import InferenceClient  # noqa: F401  imported once, by the zygote: no call pays for it
from pydantic import Field
from typing_extensions import TypedDict

QA_MODEL = "deepset/roberta-base-squad2"
SUMMARY_MODEL = "facebook/bart-large-cnn"
EMBED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"

Text = Annotated[str, Field(min_length=1)]


class Answer(TypedDict):
    """An answer and the model that gave it; ``score`` where the model is extractive, from 0 to 1."""

    answer: str
    model: str
    score: float | None


class Summary(TypedDict):
    """A summary and the model that wrote it."""

    summary: str
    model: str


class Embeddings(TypedDict):
    """One unit-length vector a text, in the order of the texts."""

    vectors: list[list[float]]
    model: str


def qa(question: Text, context: str = "", model: str | None = None) -> Answer:
    """Answers a question: from the context where there is one, else from what the model knows.

    With a context and no model the answer is a passage of the context; with a model it is that model's own words.
    """
    if context and model is None:
        found = heady.inference().question_answering(question=question, context=context, model=QA_MODEL)
        best = found[0] if isinstance(found, list) else found
        return {"answer": best.answer, "model": QA_MODEL, "score": best.score}
    prompt = f"Context:\n{context}\n\nQuestion: {question}" if context else question
    reply = heady.inference().chat_completion([{"role": "user", "content": prompt}], model=model)
    return {"answer": reply.choices[0].message.content or "", "model": reply.model, "score": None}


def summarize(text: Text, model: str = SUMMARY_MODEL) -> Summary:
    """Summarises a text."""
    return {"summary": heady.inference().summarization(text, model=model).summary_text, "model": model}


def embed(texts: Annotated[list[Text], Field(min_length=1, max_length=256)], model: str | None = None) -> Embeddings:
    """Embeds texts as vectors of unit length: the dot product of two is their cosine similarity."""
    chosen = model or os.environ.get("HF_EMBED_MODEL", EMBED_MODEL)
    vectors = heady.inference().feature_extraction(texts, normalize=True, model=chosen)  # type: ignore[arg-type]
    return {"vectors": [[float(value) for value in vector] for vector in vectors], "model": chosen}


if __name__ == "__main__":
    heady.main()
