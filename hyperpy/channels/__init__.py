"""Channels and queues: messages for all processes, and for subscribers that come back."""

from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.channels.channel import Channel, channel
from hyperpy.channels.current import connect, current_hub, make_hub
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.channels.message import Message
from hyperpy.channels.notification_listener import NotificationListener, listen
from hyperpy.channels.queues import Item, Queue, queue
from hyperpy.channels.subscription import NOW, START, Subscription

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
