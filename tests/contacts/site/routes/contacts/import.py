"""Upload a CSV file, with the progress of the upload, and start the job that imports it."""

import csv
import io
import sqlite3

from hyperpy import POST, Depends, Form, FormField, UploadFile, fragment, htmx, redirect, render, route
from pydantic import BaseModel, Field

from jobs import import_rows, start
from routes._base import Layout
from store import connected

route(max_body="10 MiB")


class Upload(BaseModel):
    file: UploadFile = Field(title="CSV file", description="The first line has the names: name, email, phone.")


connection: sqlite3.Connection = Depends(connected)
form: Form[Upload]

if POST and form.ok:
    text = form.data.file.file.read().decode("utf-8-sig", "replace")
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error:
        rows = []
    if rows and {"name", "email"} <= rows[0].keys():
        job = start(connection, "Import", len(rows), import_rows(rows))
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
