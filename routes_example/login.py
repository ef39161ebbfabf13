"""Log-in, and back to the page that asked for it."""

from pydantic import BaseModel, Field, SecretStr

from hyperpy import (
    POST,
    Form,
    FormField,
    Query,
    flash,
    fragment,
    htmx,
    redirect,
    render,
)
from hyperpy.exceptions import RefusedRedirectError
from routes_example import _owners as owners
from routes_example._base import Layout


class LogIn(BaseModel):
    name: str = Field(title="Your name", max_length=40)
    password: SecretStr = Field(title="Password", max_length=200)


then: str = Query("/mine")
form: Form[LogIn]


async def load() -> None:
    if not POST or not form.ok:
        return
    owner = await owners.log_in(form.data.name, form.data.password.get_secret_value())
    if owner is None:
        form.fail("There is no pass with that name and password.")
        return
    owners.remember(owner)
    flash(f"Good to see you, {owner.name}.")
    try:
        redirect(then)
    except RefusedRedirectError:  # it leads to another site
        redirect("/mine")


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Log in" here="/mine" file={__file__}>
  <h1>Log in</h1>
  <p class="lead">With your harbour pass, please.</p>
  <form id="log-in" class="fields" method="post" hx-post="" hx-swap="outerHTML" {fragment}>
    {form.errors.form and t"<p>{form.errors.form}</p>"}
    <{FormField} {form} name="name" autocomplete="username" />
    <{FormField} {form} name="password" autocomplete="current-password" />
    <p class="actions"><button>Log in</button> <a href="/signup">I have no pass yet</a></p>
  </form>
</{Layout}>
"""
