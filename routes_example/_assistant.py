"""The assistant's growing answers. Each is a background task, and a channel that tells its readers of every token.

| A reader              | The answer                                                       |
|-----------------------|------------------------------------------------------------------|
| presses Stop          | ends, and the request to the model with it                       |
| leaves, others stay   | grows on                                                         |
| leaves, and was alone | ends after a moment, in which a reload or a lost line comes back |
| never came            | grows to its end: without JavaScript nobody reads along          |

However it ends, what has come of it is stored.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

from hyperpy import NOW, START, HTTPException, Message, channel, session, spawn
from routes_example import _conversation as conversation
from routes_example._conversation import Exchange, State
from routes_example._model import ModelError, endpoint, tokens

GRACE: Final = 4.0  # seconds that an answer waits for its last reader to come back
PACE: Final = 0.04  # seconds between two states of an answer: tokens can come faster than a page can show them

log: Final = logging.getLogger("harbour")


def current_visitor() -> str:
    """The name under which a visitor's conversation is kept, empty if there is none yet."""
    return str(session.get("conversation", ""))


def ask(question: str) -> None:
    """Begin to answer a visitor's question."""
    visitor = session["conversation"] = current_visitor() or secrets.token_urlsafe()
    answer_id = conversation.add(visitor, question)
    spawn(_answer(answer_id, endpoint(), conversation.of_visitor(visitor)), name=f"answer {answer_id}")


def find(answer_id: str) -> Exchange:
    """An exchange of this visitor. That of anybody else is not found."""
    found = conversation.find(current_visitor(), answer_id)
    if found is None:
        raise HTTPException(404)
    return found


def stop(answer_id: str) -> None:
    channel(f"answer:{answer_id}:readers").publish_soon("stop")


@asynccontextmanager
async def reading(answer_id: str) -> AsyncIterator[AsyncIterator[Exchange]]:
    """The states of an answer: the present one, and each that follows, until it is complete."""
    readers = channel(f"answer:{answer_id}:readers")
    await readers.publish("came")
    try:
        async with channel(f"answer:{answer_id}").subscribe(after=NOW) as changes:
            yield _states(current_visitor(), answer_id, aiter(changes))
    finally:
        readers.publish_soon("left")


async def _states(visitor: str, answer_id: str, changes: AsyncIterator[Message]) -> AsyncIterator[Exchange]:
    """An answer is stored before its channel is told, or closed."""
    shown: Exchange | None = None
    while (now := conversation.find(visitor, answer_id)) is not None:
        if now != shown:
            shown = now
            yield now
            await asyncio.sleep(PACE)
        if not now.is_growing:
            return
        await anext(changes, None)


async def _answer(answer_id: str, endpoint: str, exchanges: Sequence[Exchange]) -> None:
    """Store what the model says, and tell the readers of every token."""
    text, state = "", State.STOPPED
    changes = channel(f"answer:{answer_id}")
    try:
        async with _while_wanted(answer_id), aclosing(tokens(endpoint, exchanges)) as answer:
            async for token in answer:
                text += token
                conversation.save(answer_id, text)
                await changes.publish(None)
        state = State.DONE
    except TimeoutError:
        log.info("nobody wants answer %s any more", answer_id)
    except ModelError:
        log.exception("answer %s failed", answer_id)
        state = State.FAILED
    finally:
        conversation.save(answer_id, text, state)
        await changes.close()


@asynccontextmanager
async def _while_wanted(answer_id: str) -> AsyncIterator[None]:
    """Cancel the block, by a TimeoutError, once its readers have left or one has pressed Stop."""
    async with asyncio.timeout(None) as patience:
        watching = asyncio.create_task(_watch_readers(answer_id, patience))
        try:
            yield
        finally:
            watching.cancel()


async def _watch_readers(answer_id: str, patience: asyncio.Timeout) -> None:
    now = asyncio.get_running_loop().time
    readers = 0
    async for message in channel(f"answer:{answer_id}:readers").subscribe(after=START):
        if message.data == "stop":
            patience.reschedule(now())
            return
        readers += 1 if message.data == "came" else -1
        patience.reschedule(None if readers else now() + GRACE)
