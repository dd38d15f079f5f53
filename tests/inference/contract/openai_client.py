"""What OpenAI's own client for Python makes of a server that has its API, as JSON: ``URL``, ``KEY`` in the environment."""

import json
import os

import openai

MODEL = "openai/gpt-oss-20b"
MESSAGES = [{"role": "user", "content": "Who built the tower?"}]
URL, KEY = os.environ["URL"], os.environ["KEY"]
client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)


def chat(model: str = MODEL, **options):
    return client.chat.completions.create(model=model, messages=MESSAGES, **options)


def error_of(work) -> str:
    try:
        work()
    except openai.APIError as error:
        return type(error).__name__
    return "none"


def read(stream) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def embeddings():
    vectors = client.embeddings.create(model="sentence-transformers/all-MiniLM-L6-v2", input=["a cat", "a dog"])
    return [len(each.embedding) for each in vectors.data]


wrong = openai.OpenAI(base_url=f"{URL}/v1", api_key="hf_invalid", max_retries=0)
print(
    json.dumps(
        {
            "chat": chat().choices[0].message.content,
            "stream": read(chat(stream=True)),
            "usage": [chunk.usage is not None for chunk in chat(stream=True, stream_options={"include_usage": True})][-1],
            "completion": client.completions.create(model=MODEL, prompt="Once upon a time").choices[0].text,
            "embeddings": embeddings() if os.environ.get("EMBEDS") else None,
            "models": MODEL in [model.id for model in client.models.list()],
            "model": client.models.retrieve(MODEL).id,
            "errors": {
                "key": error_of(lambda: wrong.chat.completions.create(model=MODEL, messages=MESSAGES)),
                "messages": error_of(lambda: client.chat.completions.create(model=MODEL, messages=[])),
                "busy": error_of(lambda: chat("mock/rate-limited")),
                "failing": error_of(lambda: chat("mock/error")),
                "mid-stream": error_of(lambda: read(chat("mock/error-stream", stream=True))),
            },
        }
    )
)
