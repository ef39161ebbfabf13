"""The data of the site in SQLite: contacts, people who may log in, and jobs."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Literal

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


@contextmanager
def transaction(mode: Literal["deferred", "immediate"] = "immediate") -> Iterator[sqlite3.Connection]:
    """A connection with a transaction of its own: committed at the end, rolled back after an exception."""
    with closing(sqlite3.connect(PATH, timeout=30, isolation_level=None, check_same_thread=False)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute(f"begin {mode}")
        with connection:
            yield connection


def connected(request: Request) -> Iterator[sqlite3.Connection]:
    """One transaction per request. One that may write starts as a writer, so that what it has read stays true."""
    with transaction("deferred" if request.method in ("GET", "HEAD") else "immediate") as connection:
        yield connection


type Connected = Annotated[sqlite3.Connection, Depends(connected)]


type Id = Annotated[int, Field(ge=1, le=2**63 - 1)]  # what SQLite can hold


class Details(BaseModel):
    """The fields of a contact, as people enter them."""

    name: str = Field(max_length=80)
    email: str = Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", title="E-mail")
    phone: str = Field("", max_length=30, pattern=r"^[0-9+() /.-]*$")


class Contact(Details):
    id: int


class Contacts:
    """The contacts, in the transaction of a request or of a job."""

    def __init__(self, connection: Connected) -> None:
        self.connection = connection

    def page(self, words: str = "", number: int = 1) -> list[Contact]:
        """One page of those that contain the words, and one more if there is a next page."""
        like = "%" + words.strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        rows = self.connection.execute(
            r"select * from contacts where name || ' ' || email || ' ' || phone like ? escape '\'"
            " order by name collate nocase, id limit ? offset ?",
            (like, PAGE + 1, (number - 1) * PAGE),
        )
        return [Contact(**row) for row in rows]

    def all(self) -> list[Contact]:
        return [Contact(**row) for row in self.connection.execute("select * from contacts order by id")]

    def count(self) -> int:
        return self.connection.execute("select count(*) from contacts").fetchone()[0]

    def get(self, number: int) -> Contact:
        row = self.connection.execute("select * from contacts where id = ?", (number,)).fetchone()
        if row is None:
            raise HTTPException(404, "There is no such contact.")
        return Contact(**row)

    def has_email(self, email: str, besides: int = 0) -> bool:
        query = "select 1 from contacts where email = ? and id != ?"
        return self.connection.execute(query, (email.strip(), besides)).fetchone() is not None

    def add(self, details: Details) -> Contact:
        query = "insert into contacts (name, email, phone) values (:name, :email, :phone)"
        return Contact(**details.model_dump(), id=self.connection.execute(query, details.model_dump()).lastrowid)

    def change(self, number: int, details: Details) -> None:
        query = "update contacts set name = :name, email = :email, phone = :phone where id = :id"
        self.connection.execute(query, details.model_dump() | {"id": number})

    def delete(self, numbers: list[int]) -> int:
        """The number of those that were there."""
        marks = ", ".join("?" * len(numbers))
        return self.connection.execute(f"delete from contacts where id in ({marks})", numbers).rowcount


with closing(sqlite3.connect(PATH, timeout=30)) as _connection:
    _connection.executescript(SCHEMA)
