"""The data of the site in SQLite: contacts, people who may log in, and jobs."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Annotated, Literal

import aiosqlite
from hyperpy import Depends, HTTPException, Request
from pydantic import BaseModel, Field

PATH = os.environ.get("CONTACTS_DATABASE", "contacts.db")
PAGE = 10  # contacts

SCHEMA = """
pragma journal_mode = wal;
create table if not exists contacts (
    id integer primary key, name text not null, email text not null unique collate nocase, phone text not null
);
create table if not exists users (
    name text primary key, password text not null, token text not null default (lower(hex(randomblob(16))))
);
create table if not exists jobs (id text primary key, state text not null, result blob);
"""


@asynccontextmanager
async def transaction(mode: Literal["deferred", "immediate"] = "immediate") -> AsyncIterator[aiosqlite.Connection]:
    """A connection with a transaction of its own: committed at the end; after an exception, closing rolls it back."""
    async with aiosqlite.connect(PATH, timeout=30, isolation_level=None) as connection:
        connection.row_factory = aiosqlite.Row
        await connection.execute(f"begin {mode}")
        yield connection
        await connection.commit()


async def connected(request: Request) -> AsyncIterator[aiosqlite.Connection]:
    """One transaction per request. One that may write starts as a writer, so that what it has read stays true."""
    async with transaction("deferred" if request.method in ("GET", "HEAD") else "immediate") as connection:
        yield connection


type Connected = Annotated[aiosqlite.Connection, Depends(connected)]


type Id = Annotated[int, Field(ge=1, le=2**63 - 1)]  # what SQLite can hold


class Details(BaseModel):
    """The fields of a contact, as people enter them."""

    name: str = Field(max_length=80)
    email: str = Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", title="E-mail")
    phone: str = Field("", max_length=30, pattern=r"^[0-9+() /.-]*$")


class Contact(Details):
    id: int


async def first(connection: aiosqlite.Connection, query: str, *values: object) -> sqlite3.Row | None:
    """The first row that a query finds."""
    async with connection.execute(query, values) as cursor:
        return await cursor.fetchone()


class Contacts:
    """The contacts, in the transaction of a request or of a job."""

    def __init__(self, connection: Connected) -> None:
        self.connection = connection

    async def page(self, words: str = "", number: int = 1) -> list[Contact]:
        """One page of those that contain the words, and one more if there is a next page."""
        like = "%" + words.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        rows = await self.connection.execute_fetchall(
            r"select * from contacts where name || ' ' || email || ' ' || phone like ? escape '\'"
            " order by name collate nocase, id limit ? offset ?",
            (like, PAGE + 1, (number - 1) * PAGE),
        )
        return [Contact(**row) for row in rows]

    async def all(self) -> list[Contact]:
        return [Contact(**row) for row in await self.connection.execute_fetchall("select * from contacts order by id")]

    async def count(self) -> int:
        return (await first(self.connection, "select count(*) from contacts"))[0]

    async def get(self, number: int) -> Contact:
        row = await first(self.connection, "select * from contacts where id = ?", number)
        if row is None:
            raise HTTPException(404, "There is no such contact.")
        return Contact(**row)

    async def has_email(self, email: str, besides: int = 0) -> bool:
        query = "select 1 from contacts where email = ? and id != ?"
        return await first(self.connection, query, email.strip(), besides) is not None

    async def add(self, details: Details) -> Contact:
        query = "insert into contacts (name, email, phone) values (:name, :email, :phone)"
        cursor = await self.connection.execute(query, details.model_dump())
        return Contact(**details.model_dump(), id=cursor.lastrowid)

    async def change(self, number: int, details: Details) -> None:
        query = "update contacts set name = :name, email = :email, phone = :phone where id = :id"
        await self.connection.execute(query, details.model_dump() | {"id": number})

    async def delete(self, numbers: list[int]) -> int:
        """The number of those that were there."""
        marks = ", ".join("?" * len(numbers))
        return (await self.connection.execute(f"delete from contacts where id in ({marks})", numbers)).rowcount


async def requested_contact(contact_id: Id, contacts: Annotated[Contacts, Depends()]) -> Contact:
    """The contact that the URL names."""
    return await contacts.get(contact_id)


with closing(sqlite3.connect(PATH, timeout=30)) as _connection:  # once, before there are requests
    _connection.executescript(SCHEMA)
