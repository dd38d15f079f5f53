"""What OpenAI's own client for Python makes of a server that has its API, as JSON: ``URL``, ``KEY`` in the environment."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import openai

MODEL = "openai/gpt-oss-20b"
EMBED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
MESSAGES: list[Any] = [{"role": "user", "content": "Who built the tower?"}]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[Any] = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
URL, KEY = os.environ["URL"], os.environ["KEY"]
client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)


def chat(model: str = MODEL, messages: list[Any] = MESSAGES, **options: Any) -> Any:
    return client.chat.completions.create(model=model, messages=messages, **options)


def error_of(work: Callable[[], Any]) -> str:
    try:
        work()
    except openai.APIError as error:
        return type(error).__name__
    return "none"


def read(stream: Iterable[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def tool_call() -> dict[str, Any]:
    """The call of a tool, the same put together from a stream, and the reply to what came of it."""
    asked = [{"role": "user", "content": "What is the weather in Rome?"}]
    message = chat(messages=asked, tools=TOOLS).choices[0].message
    call = message.tool_calls[0]
    deltas = [chunk.choices[0].delta for chunk in chat(messages=asked, tools=TOOLS, stream=True)]
    pieces = [piece.function for delta in deltas for piece in delta.tool_calls or []]
    told = [*asked, message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny."}]
    return {
        "name": call.function.name,
        "arguments": list(json.loads(call.function.arguments)),
        "streamed": "".join(piece.arguments or "" for piece in pieces) == call.function.arguments,
        "reply": chat(messages=told, tools=TOOLS).choices[0].message.content,
    }


def answer_of_schema() -> list[str]:
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}
    return list(json.loads(chat(response_format=form).choices[0].message.content))


def completion(**options: Any) -> Any:
    return client.completions.create(model=MODEL, prompt="Once upon a time", **options)


def embeddings() -> dict[str, Any]:
    asked: dict[str, Any] = {"model": EMBED_MODEL, "input": ["a cat", "a dog"]}
    packed = [each.embedding for each in client.embeddings.create(**asked).data]
    numbers = [each.embedding for each in client.embeddings.create(**asked, encoding_format="float").data]
    difference = max(abs(one - other) for pair in zip(packed, numbers, strict=True) for one, other in zip(*pair, strict=True))
    return {"lengths": [len(each) for each in packed], "same": difference < 1e-6}


wrong = openai.OpenAI(base_url=f"{URL}/v1", api_key="hf_invalid", max_retries=0)
print(
    json.dumps(
        {
            "chat": chat().choices[0].message.content,
            "stream": read(chat(stream=True)),
            "usage": [chunk.usage is not None for chunk in chat(stream=True, stream_options={"include_usage": True})][-1],
            "tool": tool_call(),
            "schema": answer_of_schema(),
            "completion": completion().choices[0].text,
            "completed": "".join(chunk.choices[0].text for chunk in completion(stream=True) if chunk.choices),
            "embeddings": embeddings() if os.environ.get("EMBEDS") else None,
            "models": MODEL in [model.id for model in client.models.list()],
            "model": client.models.retrieve(MODEL).id,
            "errors": {
                "key": error_of(lambda: wrong.chat.completions.create(model=MODEL, messages=MESSAGES)),
                "model": error_of(lambda: client.models.retrieve("org/unknown")),
                "messages": error_of(lambda: chat(messages=[])),
                "busy": error_of(lambda: chat("mock/rate-limited")),
                "failing": error_of(lambda: chat("mock/error")),
                "mid-stream": error_of(lambda: read(chat("mock/error-stream", stream=True))),
            },
        }
    )
)
