"""The documented pattern for a pool and one transaction per request, under many requests at once."""

import asyncio
import sqlite3
from pathlib import Path

from hyperpy import Hyper
from hyperpy.testing import client
from tests.support.sites import write_files

SIZE = 5
WRITES = 300

DATABASE = f"""
import queue, sqlite3, threading

class Pool:
    def __init__(self, size):
        self.free, self.out, self.most, self.lock = queue.SimpleQueue(), 0, 0, threading.Lock()
        for _ in range(size):
            self.free.put(sqlite3.connect(PATH, timeout=30, check_same_thread=False))

    def get(self):
        connection = self.free.get(timeout=30)
        with self.lock:
            self.out += 1
            self.most = max(self.most, self.out)
        return connection

    def put(self, connection):
        with self.lock:
            self.out -= 1
        self.free.put(connection)

pool = Pool({SIZE})

def transaction():
    connection = pool.get()
    try:
        with connection:
            yield connection
    finally:
        pool.put(connection)

def author_of(connection=Depends(transaction), n: int = Query()):
    connection.execute("insert into authors values (?)", (n,))
    return n
"""

WRITE = "database.execute('insert into notes values (?)', (author,))\n"

# How a request for one of these ends, the first four in success.
ROUTES = {
    "page": f"{WRITE}t'{{author}}'",
    "redirect": f"{WRITE}redirect('/')",
    "loader": "async def load():\n    await asyncio.to_thread(write)\nt'{author}'",
    "events": "async def stream():\n    write()\n    yield 'x'",
    "refused": f"{WRITE}raise HTTPException(409)\nt''",
    "bug": f"{WRITE}t'{{1 / 0}}'",
    "invalid": f"missing: int\n{WRITE}t''",
    "failing": f"{WRITE}database.execute('insert into notes values (null)')\nt''",
}
SUCCEEDING = ("page", "redirect", "loader", "events")
HEAD = (
    "import asyncio, sqlite3\nfrom hyperpy import Depends, HTTPException, redirect\nfrom ._database import *\n"
    "database: sqlite3.Connection = Depends(transaction)\nauthor: int = Depends(author_of)\n"
    f"def write():\n    {WRITE}"
)


async def test_what_succeeds_is_committed_and_what_fails_is_rolled_back(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with sqlite3.connect(path, autocommit=True) as setup:
        setup.execute("pragma journal_mode = wal")
        setup.execute("create table notes (n integer not null)")
        setup.execute("create table authors (n integer not null)")
    files = {"_database.py": f"from hyperpy import Depends, Query\nPATH = {str(path)!r}\n{DATABASE}"}
    files |= {f"{name}.py": f"{HEAD}{source}" for name, source in ROUTES.items()}
    app = Hyper(write_files(tmp_path / "routes", files), static=None)
    kinds = list(ROUTES)
    async with client(app) as site:
        calls = (site.get(f"/{kinds[n % len(kinds)]}?n={n}", timeout=60) for n in range(WRITES))
        answers = await asyncio.gather(*calls)
    expected = {n for n in range(WRITES) if kinds[n % len(kinds)] in SUCCEEDING}
    assert {n for n, answer in enumerate(answers) if answer.status_code < 400} == expected
    with sqlite3.connect(path) as check:
        for table in ("notes", "authors"):
            assert sorted(n for (n,) in check.execute(f"select n from {table}")) == sorted(expected)
    check.close()
    setup.close()
    pool = next(iter(app.loaded_routes.working())).definitions["pool"]
    assert (pool.out, pool.free.qsize()) == (0, SIZE)
    assert 1 < pool.most <= SIZE
    for _ in range(SIZE):
        pool.free.get().close()
