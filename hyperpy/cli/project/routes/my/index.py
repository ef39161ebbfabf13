"""Write a note for the board."""

import asyncio

from hyperpy import POST, Depends, Form, FormField, channel, flash, redirect
from pydantic import BaseModel, Field

from accounts import User, current_user
from notes import add_note
from routes._base import Layout


class NewNote(BaseModel):
    text: str = Field(title="Your note", min_length=1, max_length=280)


user: User = Depends(current_user)  # the same object that the guard got
form: Form[NewNote] = Form()


async def load() -> None:
    if POST and form.ok:
        await asyncio.to_thread(add_note, user, form.data.text)
        channel("notes").publish_soon(None)  # the note is saved, even if nobody can be told
        flash("Your note is on the board.")
        redirect("/")


t"""
<{Layout} title="Write a note">
  <h1>Write a note, {user.name}</h1>
  <form method="post">
    <{FormField} {form} name="text" type="textarea" rows="4" />
    <button>Pin it to the board</button>
  </form>
</{Layout}>
"""
