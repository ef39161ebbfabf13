"""Accounts. `python accounts.py NAME` adds one."""

import sys
from dataclasses import dataclass
from getpass import getpass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from hyperpy import Header, HTTPException, Request, redirect, session, url

from store import transaction

hasher = PasswordHasher()
nobody = hasher.hash("")


@dataclass
class User:
    name: str
    token: str


def add_user(name: str, password: str) -> None:
    with transaction() as connection:
        connection.execute("insert into users (name, password) values (?, ?)", (name, hasher.hash(password)))


def verified(name: str, password: str) -> bool:
    """Takes as long for a name that doesn't exist."""
    with transaction("deferred") as connection:
        row = connection.execute("select password from users where name = ?", (name,)).fetchone()
    try:
        return hasher.verify(row["password"] if row else nobody, password) and row is not None
    except VerifyMismatchError:
        return False


def current_user(request: Request) -> User:
    """The logged-in user; other visitors have to log in first. A stream that depends on it holds no connection."""
    with transaction("deferred") as connection:
        row = connection.execute("select name, token from users where name = ?", (session.get("user"),)).fetchone()
    if row is None:
        redirect(url("/login", next=request.url.path if request.method == "GET" else None))
    return User(**row)


def api_user(authorization: str = Header("")) -> User:
    """The user with this token, which /account shows."""
    token = authorization.removeprefix("Bearer ")
    with transaction("deferred") as connection:
        row = connection.execute("select name, token from users where token = ?", (token,)).fetchone()
    if row is None:
        raise HTTPException(401, "Send your token.", headers={"WWW-Authenticate": "Bearer"})
    return User(**row)


if __name__ == "__main__":
    add_user(sys.argv[1], getpass())
