"""Accounts. `python accounts.py NAME` adds one."""

import asyncio
import sys
from dataclasses import dataclass
from getpass import getpass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from hyperpy import Header, HTTPException, Request, redirect, session, url

from store import first, transaction

hasher = PasswordHasher()
nobody = hasher.hash("")


@dataclass
class User:
    name: str
    token: str


async def add_user(name: str, password: str) -> None:
    hashed = await asyncio.to_thread(hasher.hash, password)
    async with transaction() as connection:
        await connection.execute("insert into users (name, password) values (?, ?)", (name, hashed))


async def verified(name: str, password: str) -> bool:
    """Takes as long for a name that doesn't exist."""
    async with transaction("deferred") as connection:
        row = await first(connection, "select password from users where name = ?", name)
    try:
        return await asyncio.to_thread(hasher.verify, row["password"] if row else nobody, password) and row is not None
    except VerifyMismatchError:
        return False


async def current_user(request: Request) -> User:
    """The logged-in user; other visitors have to log in first. A stream that depends on it holds no connection."""
    async with transaction("deferred") as connection:
        row = await first(connection, "select name, token from users where name = ?", session.get("user"))
    if row is None:
        redirect(url("/login", next=request.url.path if request.method == "GET" else None))
    return User(**row)


async def api_user(authorization: str = Header("")) -> User:
    """The user with this token, which /account shows."""
    token = authorization.removeprefix("Bearer ")
    async with transaction("deferred") as connection:
        row = await first(connection, "select name, token from users where token = ?", token)
    if row is None:
        raise HTTPException(401, "Send your token.", headers={"WWW-Authenticate": "Bearer"})
    return User(**row)


if __name__ == "__main__":
    asyncio.run(add_user(sys.argv[1], getpass()))
