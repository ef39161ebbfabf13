"""Who may log in, and who has."""

import asyncio
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from hyperpy import Response, htmx, redirect, request, session, url
from hyperpy.exceptions import RefusedRedirectError
from pydantic import StringConstraints

from database import reading, transaction

# Without the white space around it: "Ada " would look like "Ada".
type UserName = Annotated[str, StringConstraints(strip_whitespace=True)]


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str


hasher = PasswordHasher()
nobody = hasher.hash(secrets.token_hex())


def sign_up(name: str, password: str) -> User | None:
    """A new user, or None if somebody else has that name. Takes a while: call it in a thread."""
    hashed = hasher.hash(password)
    try:
        with transaction() as connection:
            row = connection.execute("insert into users (name, password) values (?, ?) returning id", (name, hashed))
            return User(row.fetchone()["id"], name)
    except sqlite3.IntegrityError:
        return None


def verified(name: str, password: str) -> User | None:
    """The user with that name and password. It takes as long for a name that doesn't exist: call it in a thread."""
    with reading() as connection:
        row = connection.execute("select * from users where name = ?", (name,)).fetchone()
    try:
        hasher.verify(row["password"] if row else nobody, password)
    except VerifyMismatchError:
        return None
    return User(row["id"], row["name"]) if row else None


def find(user_id: int) -> User | None:
    with reading() as connection:
        row = connection.execute("select id, name from users where id = ?", (user_id,)).fetchone()
    return User(row["id"], row["name"]) if row else None


def remember(user: User) -> None:
    """Begin a new session, which belongs to that user."""
    session.renew()
    session["user"] = user.id


async def current_user() -> User:
    """The user who has logged in. Anybody else is sent to the log-in, and from there back to this page."""
    user = await asyncio.to_thread(find, session["user"]) if "user" in session else None
    if user is None:
        raise redirect(login_url())
    return user


def login_url() -> str:
    """The log-in, with the page to go on to. A form's URL may have no page, and htmx asks for a part of one."""
    if request.method != "GET" or htmx:
        return url("/login")
    query = f"?{request.url.query}" if request.url.query else ""
    return url("/login", then=request.url.path + query)


def go_on(then: str) -> Response:
    """The redirect after the log-in: to that page, or to `/my` if the URL leads to another site."""
    try:
        return redirect(then)
    except RefusedRedirectError:
        return redirect("/my")
