"""The board. A new note appears in every open page at once."""

import asyncio
from collections.abc import AsyncIterator

from hyperpy import NOW, Loaded, channel, fragment, render

from notes import Note, newest_notes
from routes._base import Layout

notes: list[Note] = Loaded()


async def load() -> None:
    global notes
    notes = await asyncio.to_thread(newest_notes)


async def stream() -> AsyncIterator[object]:
    async with channel("notes").subscribe(after=NOW) as messages:
        await load()
        yield render(fragments="notes")  # up to date at once, whatever happened before
        async for _ in messages:
            await load()
            yield render(fragments="notes")


t"""
<{Layout} title="Board">
  <h1>Board</h1>
  <div hx-ext="sse" sse-connect="/" sse-swap="message" sse-close="close">
    <ul id="notes" class="notes" {fragment}>
      {[t"<li><p>{note.text}</p><small>{note.author}</small></li>" for note in notes]}
      {None if notes else t'<li class="none">Nobody has written anything yet.</li>'}
    </ul>
  </div>
</{Layout}>
"""
