"""One answer: its stream while it grows, and a POST that stops it."""

from collections.abc import AsyncIterator
from string.templatelib import Template

from hyperpy import POST, Path, Response, htmx, redirect
from routes_example import _assistant as assistant
from routes_example._answer import Ending
from routes_example._markdown import markdown

answer_id: str = Path()
exchange = assistant.find(answer_id)

if POST:
    assistant.stop(answer_id)
    Response(status_code=204) if htmx else redirect("/assistant")


async def stream() -> AsyncIterator[Template | tuple[str, Template]]:
    global exchange
    async with assistant.reading(answer_id) as states:
        async for exchange in states:
            yield t"{markdown(exchange.answer)}"
    yield exchange.state, t"<{Ending} {exchange} />"
