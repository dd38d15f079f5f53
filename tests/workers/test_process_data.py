"""The template's own worker, with inference in its place."""

import process_data
import pytest
from heady import testing


def test_qa_answers_by_a_passage_of_the_context() -> None:
    passage = {"answer": "Bob", "score": 0.9, "start": 0, "end": 3}
    with testing.inference(question_answering=passage) as calls:
        answer = process_data.qa("Who built it?", context="Bob built it.")
    assert answer == {"answer": "Bob", "model": process_data.QA_MODEL, "score": 0.9}
    assert [call.task for call in calls] == ["question_answering"]


def test_qa_takes_the_best_of_several_passages() -> None:
    passages = [{"answer": "Bob", "score": 0.9}, {"answer": "it", "score": 0.1}]
    with testing.inference(question_answering=passages):
        assert process_data.qa("Who?", context="Bob built it.")["answer"] == "Bob"


def test_qa_without_a_context_asks_what_the_model_knows() -> None:
    with testing.inference(chat_completion="Paris") as calls:
        answer = process_data.qa("Where?", model="some/model")
    assert answer == {"answer": "Paris", "model": "some/model", "score": None}
    assert calls[0].arguments["messages"] == [{"role": "user", "content": "Where?"}]


def test_qa_gives_a_named_model_the_context_too() -> None:
    with testing.inference(chat_completion="Bob") as calls:
        process_data.qa("Who?", context="Bob built it.", model="some/model")
    assert calls[0].arguments["messages"][0]["content"] == "Context:\nBob built it.\n\nQuestion: Who?"


def test_summarize_names_its_model() -> None:
    with testing.inference(summarization="In short."):
        assert process_data.summarize("At length.") == {"summary": "In short.", "model": process_data.SUMMARY_MODEL}


def test_embed_gives_plain_numbers_of_the_configured_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_EMBED_MODEL", "some/embedder")
    with testing.inference(feature_extraction=[[0.0, 1.0]]) as calls:
        assert process_data.embed(["text"]) == {"vectors": [[0.0, 1.0]], "model": "some/embedder"}
    assert calls[0].arguments["normalize"] is True


def test_what_inference_raises_reaches_the_caller() -> None:
    with testing.inference(summarization=TimeoutError("too busy")), pytest.raises(TimeoutError, match="too busy"):
        process_data.summarize("At length.")
