"""One SQLite file, which `DATABASE` names: who has an account, and what they have written."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

FILE = os.environ.get("DATABASE", "the-project.db")

# Each of them runs once in each database. To change a table, add a statement at the end.
MIGRATIONS = (
    """
    create table users (
        id integer primary key,
        name text not null unique collate nocase,
        password text not null
    )
    """,
    """
    create table notes (
        id integer primary key,
        author text not null references users (name),
        text text not null
    )
    """,
)


@contextmanager
def transaction(begin: str = "begin immediate") -> Iterator[sqlite3.Connection]:
    """A connection whose changes are kept if the block ends well, and undone if it raises."""
    migrate(FILE)
    with opened(FILE, begin) as connection:
        yield connection


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, and so needn't wait for those that do."""
    with transaction("begin") as connection:
        yield connection


@contextmanager
def opened(file: str, begin: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, timeout=30, autocommit=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma foreign_keys = on")
        connection.execute(begin)
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:  # some errors have ended it already
                connection.execute("rollback")
            raise
        connection.execute("commit")


@cache
def migrate(file: str) -> None:
    """Once in each process, before the first transaction."""
    with closing(sqlite3.connect(file, timeout=30, autocommit=True)) as connection:
        connection.execute("pragma journal_mode = wal")  # readers don't wait for a writer
    with opened(file, "begin immediate") as connection:
        (version,) = connection.execute("pragma user_version").fetchone()
        for statement in MIGRATIONS[version:]:
            connection.execute(statement)
        connection.execute(f"pragma user_version = {len(MIGRATIONS)}")
