"""What ``heady.inference()``, which is ``huggingface_hub``'s client, makes of a gateway or the mock, as JSON."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import heady
from huggingface_hub.errors import HfHubHTTPError

TOWER = "Gustave Eiffel built the tower in 1889. It stands in Paris."
MESSAGES = [{"role": "user", "content": "Who built the tower?"}]
client = heady.inference()


def read(stream: Iterable[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def error_of(work: Callable[[], Any]) -> str:
    try:
        work()
    except HfHubHTTPError as error:
        return str(error)
    return "none"


def heard() -> str:
    """Of a file, whose name tells the client its type."""
    with TemporaryDirectory() as folder:
        sound = Path(folder, "sound.wav")
        sound.write_bytes(b"1234567")
        return client.automatic_speech_recognition(sound).text


def heard_bytes() -> str:
    """Of bytes, which the client sends without a type."""
    return client.automatic_speech_recognition(b"1234567").text


def painted() -> list[Any]:
    picture = client.text_to_image("a tower")
    return [picture.format, list(picture.size)]


print(
    json.dumps(
        {
            "chat": client.chat_completion(MESSAGES).choices[0].message.content,
            "stream": read(client.chat_completion(MESSAGES, stream=True)),
            "generation": client.text_generation("Once upon a time"),
            "generated": "".join(client.text_generation("Once upon a time", stream=True)),
            "features": list(client.feature_extraction(["a cat", "a dog"]).shape),  # type: ignore[arg-type]
            "similarity": client.sentence_similarity("a cat", ["a cat", "revenue"]),
            "answer": client.question_answering(question="Who built the tower?", context=TOWER).answer,  # type: ignore[union-attr]
            "summary": client.summarization(TOWER).summary_text,
            "label": client.text_classification("I love this wonderful tower.")[0].label,
            "fitting": [each.label for each in client.zero_shot_classification(TOWER, ["money", "tower"])],
            "names": [each.word for each in client.token_classification("We met Ann Smith in Rome.")],
            "translation": client.translation("Hello.").translation_text,
            "filled": client.fill_mask("The [MASK] is tall.")[0].sequence,
            "heard": heard(),
            "heard bytes": heard_bytes(),
            "painted": painted(),
            "missing": error_of(lambda: client.summarization(TOWER, model="org/unknown")),
            "no chat": error_of(lambda: client.chat_completion(MESSAGES, model="org/unknown")),
        }
    )
)
