"""Upload a CSV file, with the progress of the upload, and start the job that imports it."""

import asyncio
import csv
import io

import aiosqlite
from hyperpy import POST, Depends, Form, FormField, UploadFile, fragment, htmx, redirect, render, route
from pydantic import BaseModel, Field

from jobs import import_rows, start
from routes._base import Layout
from store import connected

route(max_body="10 MiB")


class Upload(BaseModel):
    file: UploadFile = Field(title="CSV file", description="The first line has the names: name, email, phone.")


def read_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file that has the right columns, or none."""
    lines = io.StringIO(content.decode("utf-8-sig", "replace"), newline="")
    try:
        rows = list(csv.DictReader(lines))
    except csv.Error:
        return []
    return rows if rows and {"name", "email"} <= rows[0].keys() else []


connection: aiosqlite.Connection = Depends(connected)
form: Form[Upload]


async def load():
    if POST and form.ok:
        if rows := await asyncio.to_thread(read_rows, await form.data.file.read()):
            job = await start(connection, "Import", len(rows), import_rows(rows))
            redirect(f"/contacts/jobs/{job.id}")
        form.fail(file="The first line must have the names, and others must follow.")


if htmx.fragment:
    render(fragments=htmx.fragment)

t"""
<{Layout} title="Import">
  <form method="post" enctype="multipart/form-data" id="upload" {fragment} hx-post="" hx-encoding="multipart/form-data"
    hx-swap="outerHTML"
    hx-on::xhr:progress="this.querySelector('progress').value = event.detail.loaded / event.detail.total">
    <{FormField} {form} name="file" accept=".csv,text/csv" />
    <button>Import</button> <progress value="0" aria-label="Uploaded"></progress>
  </form>
</{Layout}>
"""
