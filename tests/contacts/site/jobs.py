"""Work that continues after its request and reports its progress."""

import secrets
from collections.abc import AsyncIterator, Callable
from itertools import batched

import aiosqlite
from hyperpy import HTTPException, channel, spawn
from pydantic import BaseModel, ValidationError

from store import Contacts, Details, first, transaction

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


type Work = Callable[[Job], AsyncIterator[int]]
"""Does the work of a job, and yields how much is done."""


async def start(connection: aiosqlite.Connection, title: str, total: int, work: Work) -> Job:
    """Start a job in the transaction of a request, for which its own transactions wait."""
    job = Job(id=secrets.token_urlsafe(12), title=title, total=total)
    await connection.execute("insert into jobs (id, state) values (?, ?)", (job.id, job.model_dump_json()))
    spawn(_run(job, work), name=title)
    return job


async def requested_job(job_id: str) -> Job:
    """The job that the URL names. A stream that depends on it holds no connection."""
    async with transaction("deferred") as connection:
        row = await first(connection, "select state from jobs where id = ?", job_id)
    if row is None:
        raise HTTPException(404, "There is no such job.")
    return Job.model_validate_json(row["state"])


async def result_of(job_id: str) -> bytes | None:
    """The file that the job has made."""
    async with transaction("deferred") as connection:
        row = await first(connection, "select result from jobs where id = ?", job_id)
    return row and row["result"]


async def _run(job: Job, work: Work) -> None:
    progress = channel(f"job:{job.id}")
    try:
        async for done in work(job):
            job.done = done
            await progress.publish(job)
    except Exception:
        job.outcome = "Something went wrong."
        raise
    finally:
        job.is_over = True
        async with transaction() as connection:
            await connection.execute("update jobs set state = ? where id = ?", (job.model_dump_json(), job.id))
        await progress.publish(job)
        await progress.close()


async def archive(job: Job) -> AsyncIterator[int]:
    """Write all contacts as JSON."""
    async with transaction("deferred") as connection:
        contacts = await Contacts(connection).all()
    lines = []
    for contact in contacts:
        lines.append(contact.model_dump_json())
        if len(lines) % CHUNK == 0:
            yield len(lines)
    async with transaction() as connection:
        result = f"[{',\n'.join(lines)}]"
        await connection.execute("update jobs set result = ? where id = ?", (result.encode(), job.id))
    job.outcome, job.result = "The archive is ready.", "contacts.json"
    yield len(lines)


def import_rows(rows: list[dict[str, str]]) -> Work:
    """Add a contact for each row, in one transaction per chunk; leave out those that don't fit."""

    async def work(job: Job) -> AsyncIterator[int]:
        added = 0
        for chunk in batched(rows, CHUNK, strict=False):
            async with transaction() as connection:
                for row in chunk:
                    added += await _added(Contacts(connection), row)
            yield job.done + len(chunk)
        job.outcome = f"{added} contacts are new; {len(rows) - added} rows were left out."

    return work


async def _added(contacts: Contacts, row: dict[str, str]) -> bool:
    try:
        details = Details.model_validate(row)
    except ValidationError:
        return False
    if await contacts.has_email(details.email):
        return False
    await contacts.add(details)
    return True
