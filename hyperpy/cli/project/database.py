"""One SQLite file, which `DATABASE` names: who has an account, and what they have written."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

FILE = os.environ.get("DATABASE", "the-project.db")

TABLES = """
    create table if not exists users (
        id integer primary key,
        name text not null unique collate nocase,
        password text not null
    );
    create table if not exists notes (
        id integer primary key,
        author text not null references users (name),
        text text not null
    );
"""


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """A connection whose changes are kept if the block ends well, and undone if it raises."""
    create_tables(FILE)
    with closing(sqlite3.connect(FILE, timeout=30)) as connection, connection:
        connection.row_factory = sqlite3.Row
        yield connection


@cache
def create_tables(file: str) -> None:
    """Once in each process, before the first transaction."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.execute("pragma journal_mode = wal")  # readers don't wait for a writer
        connection.executescript(TABLES)
