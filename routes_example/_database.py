"""The SQLite file that all worker processes share. `HARBOUR_DATABASE` says which it is.

A statement takes a fraction of a millisecond, so its callers needn't be async.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

TABLES: Final = """
    create table if not exists exchanges (
        id text primary key,
        visitor text not null,
        question text not null,
        answer text not null default '',
        state text not null default 'growing',
        changed text not null default current_timestamp
    );
    create table if not exists weighings (
        job text primary key,
        state text not null,
        changed text not null default current_timestamp
    );
"""
KEPT: Final = "-1 day"


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    file = Path(os.environ.get("HARBOUR_DATABASE", "harbour.db"))
    with closing(sqlite3.connect(file, timeout=30)) as database, database:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.executescript(TABLES)
        yield database
