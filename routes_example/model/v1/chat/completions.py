"""A model server that speaks OpenAI's protocol, for the assistant and for any other client."""

import re
from collections.abc import AsyncIterator

from pydantic import BaseModel

from hyperpy import JSON, POST, Body, HTTPException
from routes_example._harbour import pause
from routes_example._small_model import reply


class Said(BaseModel):
    role: str
    content: str


class Request(BaseModel):
    messages: list[Said]


if POST:
    asked: Request = Body()
else:
    raise HTTPException(405, headers={"Allow": "POST"})


async def stream() -> AsyncIterator[JSON | str]:
    for token in re.findall(r"\S+\s*", await reply(asked.messages[-1].content)):
        await pause(0.04)
        yield JSON({"choices": [{"index": 0, "delta": {"content": token}}]})
    yield "[DONE]"
