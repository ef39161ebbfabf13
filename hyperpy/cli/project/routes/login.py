"""Log in, and go on to the page that asked for it."""

import asyncio

from hyperpy import POST, Form, FormField, Query, flash, url
from pydantic import BaseModel, Field, SecretStr

from accounts import UserName, go_on, remember, verified
from routes._base import Layout


class LogIn(BaseModel):
    name: UserName = Field(title="Name", max_length=40)
    password: SecretStr = Field(title="Password", max_length=200)


then: str = Query("/my")
form: Form[LogIn] = Form()


async def load() -> None:
    if not POST or not form.ok:
        return
    user = await asyncio.to_thread(verified, form.data.name, form.data.password.get_secret_value())
    if user is None:
        form.fail("There is no account with that name and password.")
        return
    remember(user)
    flash(f"Hello, {user.name}.")
    go_on(then)


t"""
<{Layout} title="Log in">
  <h1>Log in</h1>
  <form method="post">
    {form.errors.form and t"<p>{form.errors.form}</p>"}
    <{FormField} {form} name="name" autocomplete="username" />
    <{FormField} {form} name="password" autocomplete="current-password" />
    <button>Log in</button>
  </form>
  <p>No account yet? <a href={url("/signup", then=then)}>Sign up</a>.</p>
</{Layout}>
"""
