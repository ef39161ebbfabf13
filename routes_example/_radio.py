"""The harbour's radio: its rooms, and the templates of their messages."""

from dataclasses import dataclass
from datetime import datetime
from string.templatelib import Template
from typing import Final

from pydantic import TypeAdapter

from hyperpy import Message

NAME_LIMIT: Final = 40
TEXT_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Room:
    id: int  # the number of a VHF channel
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    text: str
    at: datetime


ROOMS: Final = {
    room.id: room
    for room in (
        Room(12, "Harbour office", "Berths, bridges and the opening hours of the bakery."),
        Room(72, "Between boats", "Who is out there, and what the sea is like."),
        Room(77, "Fish market", "What is landed, and who wants it."),
    )
}

_call: Final = TypeAdapter(Call)


def Said(message: Message) -> Template:
    """One message of a conversation."""
    call = _call.validate_python(message.data)
    return t"""
        <li>
          <p class="note"><b>{call.name}</b> <time datetime={call.at.isoformat()}>{call.at:%H:%M}</time></p>
          <p>{call.text}</p>
        </li>
    """


def Tabs(here: int) -> Template:
    return t"""
        <nav class="rooms" aria-label="Channels">
          {[Tab(room, current=room.id == here) for room in ROOMS.values()]}
        </nav>
    """


def Tab(room: Room, current: bool) -> Template:
    return t"<a href='/chat/{room.id}' aria-current={'true' if current else None}><b>{room.id}</b> {room.name}</a>"
