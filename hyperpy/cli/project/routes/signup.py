"""Sign up, and go on as after the log-in. A form with mistakes is shown again, with what was entered."""

import asyncio

from hyperpy import POST, Form, FormField, Query, flash, url
from pydantic import BaseModel, Field, SecretStr

from accounts import UserName, go_on, remember, sign_up
from routes._base import Layout


class SignUp(BaseModel):
    name: UserName = Field(title="Name", min_length=2, max_length=40)
    password: SecretStr = Field(title="Password", min_length=10, max_length=200, description="Ten characters or more.")


then: str = Query("/my")
form: Form[SignUp] = Form()


async def load() -> None:
    if not POST or not form.ok:
        return
    user = await asyncio.to_thread(sign_up, form.data.name, form.data.password.get_secret_value())
    if user is None:
        form.fail(name="Somebody has this name already.")
        return
    remember(user)
    flash(f"Welcome, {user.name}.")
    go_on(then)


t"""
<{Layout} title="Sign up">
  <h1>Sign up</h1>
  <form method="post">
    <{FormField} {form} name="name" autocomplete="username" />
    <{FormField} {form} name="password" autocomplete="new-password" />
    <button>Sign up</button>
  </form>
  <p>You have an account? <a href={url("/login", then=then)}>Log in</a>.</p>
</{Layout}>
"""
