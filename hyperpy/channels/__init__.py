"""Channels and queues: how what happens in one process reaches all others, and those who were away."""

from hyperpy.channels.channel import Channel, channel
from hyperpy.channels.connecting import connect, make_hub
from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.channels.message import Message
from hyperpy.channels.notification_listener import NotificationListener, listen
from hyperpy.channels.queues import Queue, queue
from hyperpy.channels.subscription import NOW, START, Subscription

__all__ = [
    "HUB_KEY",
    "NOW",
    "START",
    "Channel",
    "Hub",
    "Message",
    "NotificationListener",
    "Queue",
    "Subscription",
    "channel",
    "connect",
    "current_hub",
    "listen",
    "make_hub",
    "queue",
]
