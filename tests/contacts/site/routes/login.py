from hyperpy import POST, Form, FormField, Query, redirect, session
from pydantic import BaseModel, Field, SecretStr

from accounts import verified
from routes._base import Layout


class LogIn(BaseModel):
    name: str = Field(max_length=80)
    password: SecretStr


next: str = Query("/contacts")
form: Form[LogIn]


async def load():
    if POST and form.ok:
        if await verified(form.data.name, form.data.password.get_secret_value()):
            session.renew()
            session["user"] = form.data.name
            redirect(next)
        form.fail("Name or password is wrong.")


t"""
<{Layout} title="Log in">
  <form method="post">
    {form.errors.form}
    <{FormField} {form} name="name" autocomplete="username" autofocus />
    <{FormField} {form} name="password" autocomplete="current-password" />
    <button>Log in</button>
  </form>
</{Layout}>
"""
