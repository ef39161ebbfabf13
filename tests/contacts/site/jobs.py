"""Work that continues after its request and reports its progress."""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from itertools import batched

from hyperpy import HTTPException, channel, spawn
from pydantic import BaseModel, ValidationError

from store import Contacts, Details, transaction

CHUNK = 20  # contacts between two messages about the progress


class Job(BaseModel):
    """The state of a job: what its channel publishes, and the database keeps."""

    id: str
    title: str
    total: int
    done: int = 0
    is_over: bool = False
    outcome: str = ""
    result: str = ""  # the name of the file, if it makes one


type Work = Callable[[Job], Iterator[int]]
"""Does the work of a job, and yields how much is done; runs in a thread."""


def start(connection: sqlite3.Connection, title: str, total: int, work: Work) -> Job:
    """Start a job in the transaction of a request, for which its own transactions wait."""
    job = Job(id=secrets.token_urlsafe(12), title=title, total=total)
    connection.execute("insert into jobs (id, state) values (?, ?)", (job.id, job.model_dump_json()))
    spawn(_run(job, work), name=title)
    return job


def find(job_id: str) -> tuple[Job, bytes]:
    """A job, and the file that it has made."""
    with transaction("deferred") as connection:
        row = connection.execute("select state, result from jobs where id = ?", (job_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "There is no such job.")
    return Job.model_validate_json(row["state"]), row["result"]


async def _run(job: Job, work: Work) -> None:
    progress = channel(f"job:{job.id}")
    steps = work(job)
    try:
        while (done := await asyncio.to_thread(next, steps, None)) is not None:
            job.done = done
            await progress.publish(job)
    except Exception:
        job.outcome = "Something went wrong."
        raise
    finally:
        job.is_over = True
        await asyncio.to_thread(_save, job)
        await progress.publish(job)
        await progress.close()


def _save(job: Job) -> None:
    with transaction() as connection:
        connection.execute("update jobs set state = ? where id = ?", (job.model_dump_json(), job.id))


def archive(job: Job) -> Iterator[int]:
    """Write all contacts as JSON."""
    with transaction("deferred") as connection:
        contacts = Contacts(connection).all()
    lines = []
    for contact in contacts:
        lines.append(contact.model_dump_json())
        if len(lines) % CHUNK == 0:
            yield len(lines)
    with transaction() as connection:
        result = f"[{',\n'.join(lines)}]"
        connection.execute("update jobs set result = ? where id = ?", (result.encode(), job.id))
    job.outcome, job.result = "The archive is ready.", "contacts.json"
    yield len(lines)


def import_rows(rows: list[dict[str, str]]) -> Work:
    """Add a contact for each row, in one transaction per chunk; leave out those that don't fit."""

    def work(job: Job) -> Iterator[int]:
        added = 0
        for chunk in batched(rows, CHUNK, strict=False):
            with transaction() as connection:
                added += sum(_added(Contacts(connection), row) for row in chunk)
            yield job.done + len(chunk)
        job.outcome = f"{added} contacts are new; {len(rows) - added} rows were left out."

    return work


def _added(contacts: Contacts, row: dict[str, str]) -> bool:
    try:
        details = Details.model_validate(row)
    except ValidationError:
        return False
    if contacts.has_email(details.email):
        return False
    contacts.add(details)
    return True
