"""The visitors' book: its form is answered with a redirect, so that a reload doesn't sign twice."""

from string.templatelib import Template

from pydantic import BaseModel, Field

from hyperpy import (
    POST,
    Form,
    FormField,
    Loaded,
    flash,
    fragment,
    htmx,
    redirect,
    render,
)
from routes_example._base import Layout
from routes_example._harbour import Entry, read_logbook, sign_logbook


class Signature(BaseModel):
    name: str = Field(title="Your name", max_length=80)
    text: str = Field(title="What the sea was like", max_length=500)


form: Form[Signature]
entries: list[Entry] = Loaded()


async def load() -> None:
    global entries
    if POST and form.ok:
        await sign_logbook(form.data.name, form.data.text)
        flash("Signed. The harbour thanks you.")
        redirect("/logbook")
    else:
        entries = await read_logbook()


def Signed(entry: Entry) -> Template:
    return t"""
        <li>
          <blockquote>{entry.text}</blockquote>
          <p class="note">{entry.name}, <time datetime={entry.at:%Y-%m-%d}>{entry.at.day} {entry.at:%B %Y}</time></p>
        </li>
    """


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Logbook" here="/logbook" file={__file__}>
  <h1>Logbook</h1>
  <p class="lead">Everybody who ties up here signs. It is bad luck not to.</p>
  <div class="book">
    <form id="sign" class="fields" method="post" hx-post="/logbook" hx-swap="outerHTML" {fragment}>
      <{FormField} {form} name="name" autocomplete="name" />
      <{FormField} {form} name="text" type="textarea" rows={3} />
      <p class="actions"><button>Sign</button></p>
    </form>
    <ol class="entries">{[Signed(entry) for entry in entries]}</ol>
  </div>
</{Layout}>
"""
