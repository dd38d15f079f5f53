"""What ``heady.inference()``, which is ``huggingface_hub``'s client, makes of a gateway or the mock, as JSON."""

import json

import heady
from huggingface_hub.errors import HfHubHTTPError

TOWER = "Gustave Eiffel built the tower in 1889. It stands in Paris."
MESSAGES = [{"role": "user", "content": "Who built the tower?"}]
client = heady.inference()


def read(stream) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def error_of(work) -> str:
    try:
        work()
    except HfHubHTTPError as error:
        return str(error)
    return "none"


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
            "missing": error_of(lambda: client.summarization(TOWER, model="org/unknown")),
            "no chat": error_of(lambda: client.chat_completion(MESSAGES, model="org/unknown")),
        }
    )
)
