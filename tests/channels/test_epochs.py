"""Resuming in a process that hasn't noticed the broker's new epoch yet."""

import pytest

from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.channels.cursor import Cursor
from hyperpy.channels.hub.topic import Topic
from hyperpy.channels.subscription import Subscription

KEY = "0123456789ab" + 20 * "0"


class Behind:
    """Stands for a hub and the client of its one topic, which is at the first of the positions kept."""

    def __init__(self, *kept):
        self._kept = [Record(Position(*position), b"%d" % position[1]) for position in kept]
        self.backend = self
        self._topic = Topic(KEY, self)

    async def watch(self, key):
        pass

    async def state(self, key):
        return ChannelState(self._kept[0].position)

    async def call(self, answer):
        return await answer

    async def join(self, topic):
        await topic.open()

    async def read(self, key, after, limit):
        return Batch([each for each in self._kept if after is None or each.position.number > after.number][:limit])

    def topic(self, key, mailbox):
        self._topic.add(mailbox)
        return self._topic

    def leave(self, topic, mailbox):
        pass

    def notice(self, number):
        """Let the topic read what it has missed, and receive a new message."""
        for record in self._kept[1:]:
            self._topic._deliver(record)
        new = Position(self._kept[-1].position.epoch, number)
        self._topic._deliver(Record(new, b"%d" % number))


@pytest.mark.parametrize("kept", [[(9, 5), (9, 6), (4, 7), (4, 8), (4, 9)], [(9, 5), (5, 6), (7, 7), (4, 8), (4, 9)]])
@pytest.mark.parametrize("place", range(5))
async def test_nothing_is_delivered_twice(kept, place):
    epoch, number = kept[place]
    hub = Behind(*kept)
    subscription = Subscription(hub, KEY, None, Cursor(f"{KEY[:12]}.{epoch:x}.{number:x}"))
    async with subscription as messages:
        hub.notice(10)
        seen = [(await anext(messages)).data for _ in range(5 - place)]
    assert seen == list(range(number + 1, 11))
