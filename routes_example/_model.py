"""A language model behind any endpoint that speaks OpenAI's protocol."""

import json
import os
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import httpx
from httpx_sse import aconnect_sse

from hyperpy import request
from routes_example._conversation import Exchange

PROMPT: Final = "You answer questions of sailors in Lindholm Harbour, briefly and in Markdown."


class ModelError(Exception):
    """There is no answer, or only half of one."""


def endpoint() -> str:
    """`OPENAI_BASE_URL`, or else the small model that this site serves itself, in `model/v1/chat/completions.py`."""
    if configured := os.environ.get("OPENAI_BASE_URL"):
        return configured.rstrip("/")
    host, port = request.scope["server"]
    return f"http://{host}:{port}{request.scope['root_path']}/model/v1"


async def tokens(endpoint: str, conversation: Sequence[Exchange]) -> AsyncGenerator[str]:
    """The answer to the last question of a conversation, as it comes. Closing the iterator cancels the request."""
    key, model = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
    asked = {"model": model, "messages": _messages(conversation), "stream": True}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with (
            httpx.AsyncClient(timeout=60, headers=headers) as client,
            aconnect_sse(client, "POST", f"{endpoint}/chat/completions", json=asked) as events,
        ):
            events.response.raise_for_status()
            async for event in events.aiter_sse():
                if event.data == "[DONE]":
                    return
                for choice in json.loads(event.data)["choices"]:
                    yield choice["delta"].get("content") or ""
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise ModelError(f"{endpoint} gave no answer: {error!r}") from error
    raise ModelError(f"{endpoint} broke off in mid-answer")


def _messages(conversation: Sequence[Exchange]) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": PROMPT}]
    for exchange in conversation:
        messages.append({"role": "user", "content": exchange.question})
        if exchange.answer:
            messages.append({"role": "assistant", "content": exchange.answer})
    return messages
