"""What the tests of workers stand on."""

import os
from collections.abc import Iterable
from typing import Any

import heady
import huggingface_hub
import pytest
from heady import testing

MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]


def test_a_context_has_every_field_and_takes_overrides() -> None:
    context = testing.context(worker="score", deadline=0.0)
    assert (context.worker, context.remaining_seconds) == ("score", 0.0)
    assert testing.context().remaining_seconds > 1e6


def test_a_context_has_no_other_field() -> None:
    with pytest.raises(TypeError, match="workr"):
        testing.context(workr="score")


def test_a_context_says_whether_the_service_shuts_down() -> None:
    assert not testing.context().shutting_down
    assert testing.context(shutting_down=True).shutting_down
    answers = iter([False, True])
    context = testing.context(shutting_down=lambda: next(answers))
    assert [context.shutting_down, context.shutting_down] == [False, True]


def test_the_client_has_its_own_types() -> None:
    with testing.inference(
        question_answering="Bob", chat_completion="Hello", text_classification=[{"label": "good", "score": 1.0}]
    ):
        client = heady.inference()
        assert isinstance(client, huggingface_hub.InferenceClient)
        answer = client.question_answering(question="Who?", context="By Bob.")
        assert answer == huggingface_hub.QuestionAnsweringOutputElement(answer="Bob", start=3, end=6, score=1.0)
        reply = client.chat_completion(MESSAGES)
        assert isinstance(reply, huggingface_hub.ChatCompletionOutput)
        assert reply.choices[0].message.content == "Hello"
        assert client.text_classification("well")[0].label == "good"


def test_openai_names_are_the_same_double() -> None:
    with testing.inference(chat_completion="Hello") as calls:
        reply = heady.inference().chat.completions.create(MESSAGES)
    assert reply.choices[0].message.content == "Hello"
    assert calls == [testing.Call("chat_completion", {"messages": MESSAGES})]


def test_a_streamed_reply_comes_in_pieces_once() -> None:
    with testing.inference(chat_completion=["Hel", "lo"], text_generation=["a", "b"]):
        stream = heady.inference().chat_completion(MESSAGES, stream=True)
        assert [piece.choices[0].delta.content for piece in stream] == ["Hel", "lo"]
        assert list(stream) == []
        assert list(texts(heady.inference().text_generation("x", stream=True))) == ["a", "b"]
        assert heady.inference().chat_completion(MESSAGES).choices[0].message.content == "Hello"


def texts(stream: Any) -> Iterable[str]:
    return stream


def test_a_function_answers_by_the_arguments() -> None:
    with testing.inference(summarization=lambda text, **_: text.upper()):
        assert heady.inference().summarization("short").summary_text == "SHORT"


def test_a_class_of_exceptions_is_raised() -> None:
    with testing.inference(chat_completion=ConnectionError), pytest.raises(ConnectionError):
        heady.inference().chat_completion(MESSAGES, stream=True)


def test_a_task_without_an_answer_is_named() -> None:
    with testing.inference() as calls, pytest.raises(AssertionError, match="translation"):
        heady.inference().translation("Guten Tag")
    assert calls[0].arguments == {"text": "Guten Tag"}


def test_an_argument_that_the_client_does_not_take_is_refused() -> None:
    client: Any
    with testing.inference(translation="Good day"), pytest.raises(TypeError, match="langage"):
        client = heady.inference()
        client.translation("Guten Tag", langage="en")


@pytest.mark.parametrize(
    ("task", "hint"), [("question_answring", "did you mean 'question_answering'"), ("close", "it has audio_")]
)
def test_a_task_that_the_client_does_not_have_is_refused(task: str, hint: str) -> None:
    with pytest.raises(TypeError, match=hint), testing.inference(**{task: "Bob"}):
        pass


def test_nothing_is_left_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADY_INFERENCE_URL", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with testing.inference(translation="Good day"):
        pass
    assert "HEADY_INFERENCE_URL" not in os.environ
    with pytest.raises(RuntimeError, match="no inference"):
        heady.inference()
