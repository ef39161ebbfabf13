"""The harbour's assistant: a form asks, and the answer grows on the page while a model writes it."""

from string.templatelib import Template

from pydantic import BaseModel, Field

from hyperpy import POST, Form, FormField, Loaded, redirect
from routes_example import _assistant as assistant
from routes_example import _conversation as conversation
from routes_example._answer import Answer
from routes_example._base import Layout
from routes_example._conversation import Exchange


class Question(BaseModel):
    text: str = Field(title="Your question", max_length=2000)


SUGGESTIONS = ("Which ferries leave next?", "Is there a free berth tonight?", "How do you work?")

form: Form[Question]
exchanges: list[Exchange] = Loaded()


async def load() -> None:
    global exchanges
    exchanges = conversation.of_visitor(assistant.current_visitor())
    if POST and form.ok:
        if exchanges and exchanges[-1].is_growing:
            form.fail(text="One answer at a time, please. Wait for it, or stop it.")
        else:
            assistant.ask(form.data.text)
            redirect("/assistant")


def Suggestions() -> Template:
    buttons = [t'<button class="quiet" name="text" value={text}>{text}</button>' for text in SUGGESTIONS]
    return t'<form class="actions" method="post" aria-label="Suggestions">{buttons}</form>'


t"""
<{Layout} title="Assistant" here="/assistant" file={__file__} beside={["{answer_id}.py"]}>
  <h1>Ask the harbour</h1>
  <p class="lead">A model answers, word by word. Stop it, reload in mid-sentence, come back tomorrow.</p>
  <section class="conversation" aria-label="Conversation">
    {[Answer(exchange) for exchange in exchanges] or t"<{Suggestions} />"}
  </section>
  <form class="ask" method="post" hx-boost="true"
    hx-target="#content" hx-select="#content" hx-swap="outerHTML show:bottom">
    <{FormField} {form} name="text" autocomplete="off" />
    <button>Ask</button>
  </form>
  {exchanges and t'<form method="post" action="/assistant/new"><button class="quiet">New conversation</button></form>'}
</{Layout}>
"""
