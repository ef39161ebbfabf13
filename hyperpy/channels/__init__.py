"""Channels and queues: messages for all processes, and for subscribers that come back.

The names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from hyperpy.lazy import lazy_names

if TYPE_CHECKING:
    from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
    from hyperpy.channels.backends.memory import MemoryBackend
    from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
    from hyperpy.channels.current import connect, current_hub, make_hub
    from hyperpy.channels.hub.hub import HUB_KEY, Hub
    from hyperpy.channels.message import Message
    from hyperpy.channels.named_channel import Channel, channel
    from hyperpy.channels.notification_listener import NotificationListener, listen
    from hyperpy.channels.queues import Item, Queue, queue
    from hyperpy.channels.subscription import NOW, START, Subscription
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "hyperpy.channels.backends.contract": "Backend Listener QueueItem Retention",
            "hyperpy.channels.backends.memory": "MemoryBackend",
            "hyperpy.channels.backends.records": "Batch ChannelState Position Record",
            "hyperpy.channels.named_channel": "Channel channel",
            "hyperpy.channels.current": "connect current_hub make_hub",
            "hyperpy.channels.hub.hub": "HUB_KEY Hub",
            "hyperpy.channels.message": "Message",
            "hyperpy.channels.notification_listener": "NotificationListener listen",
            "hyperpy.channels.queues": "Item Queue queue",
            "hyperpy.channels.subscription": "NOW START Subscription",
        },
        encoding="channel listen queue",
    )

__all__ = [
    "HUB_KEY",
    "NOW",
    "START",
    "Backend",
    "Batch",
    "Channel",
    "ChannelState",
    "Hub",
    "Item",
    "Listener",
    "MemoryBackend",
    "Message",
    "NotificationListener",
    "Position",
    "Queue",
    "QueueItem",
    "Record",
    "Retention",
    "Subscription",
    "channel",
    "connect",
    "current_hub",
    "listen",
    "make_hub",
    "queue",
]


def __dir__() -> list[str]:
    return __all__
