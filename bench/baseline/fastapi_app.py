"""The same function as FastAPI's users write it, in one process: run by uvicorn."""

from fastapi import FastAPI
from huggingface_hub import InferenceClient  # noqa: F401
from pydantic import BaseModel

app = FastAPI()


class Arguments(BaseModel):
    value: str


@app.post("/echo")
def echo(arguments: Arguments) -> str:
    return arguments.value
