"""Unexpected exceptions are logged, and end waiting subscriptions with an error."""

import asyncio

import pytest

from hyperpy import channel, queue
from hyperpy.channels import connect
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.config import Settings
from hyperpy.exceptions import ChannelError


async def test_a_subscriber_can_resume_after_reading_failed(monkeypatch):
    async with connect(Settings()) as hub:
        async with channel("a").subscribe() as messages:
            await channel("a").publish(1)
            id = (await anext(messages)).id

            async def fail(key, after, limit):
                raise ValueError("no such thing")

            with monkeypatch.context() as patched:
                patched.setattr(hub.backend, "read", fail)
                [topic] = hub._topics.values()
                topic.catch_up()
                with pytest.raises(ChannelError, match="reading the channel failed"):
                    await anext(messages)
        await channel("a").publish(2)
        async with channel("a").subscribe(after=id) as messages:
            assert (await anext(messages)).data == 2


async def test_nothing_waits_for_a_failed_backend(monkeypatch, caplog):
    async def fail(self, listener):
        raise ValueError("no such thing")

    monkeypatch.setattr(MemoryBackend, "run", fail)
    async with asyncio.timeout(10), connect(Settings()):
        with pytest.raises(ChannelError, match="have failed"):
            await anext(channel("a").subscribe())
        with pytest.raises(ChannelError, match="have failed"):
            await channel("a").publish(1)
        with pytest.raises(ChannelError, match="have failed"):
            await anext(aiter(queue("a")))
    assert "no such thing" in caplog.text
