"""Sign-up for a harbour pass. A refused form is shown again: in its place by htmx, or as a page without JavaScript."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from hyperpy import POST, Form, FormField, flash, fragment, htmx, redirect, render
from routes_example import _owners as owners
from routes_example._base import Layout


class Application(BaseModel):
    boat: str = Field(title="Name of your boat", max_length=40)
    metres: float = Field(title="Its length in metres", ge=3, le=25)
    name: str = Field(title="Your name", max_length=40)
    password: SecretStr = Field(title="Password", min_length=10, max_length=200, description="Ten characters or more.")
    geese: Literal[True] = Field(title="At pier C, I give way to the geese.")


form: Form[Application]


async def load() -> None:
    if not POST or not form.ok:
        return
    given = form.data
    owner = await owners.sign_up(given.name, given.boat, given.metres, given.password.get_secret_value())
    if owner is None:
        form.fail(name="Somebody of this name has a pass already.")
        return
    owners.remember(owner)
    flash(f"Welcome in, {owner.name}. This is your pass.")
    redirect("/mine")


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Harbour pass" here="/mine" file={__file__}>
  <h1>A harbour pass</h1>
  <p class="lead">For those who stay: your own page, and your own crates on the scales.</p>
  <form id="sign-up" class="fields" method="post" hx-post="/signup" hx-swap="outerHTML" {fragment}>
    <{FormField} {form} name="boat" />
    <{FormField} {form} name="metres" />
    <{FormField} {form} name="name" autocomplete="username" />
    <{FormField} {form} name="password" autocomplete="new-password" />
    <{FormField} {form} name="geese" />
    <p class="actions"><button>Get the pass</button> <a href="/login">I have one already</a></p>
  </form>
</{Layout}>
"""
