"""A catch report: the owner uploads a CSV file, and its crates go over the scales one by one."""

from pydantic import BaseModel, Field

from hyperpy import (
    POST,
    Depends,
    Form,
    FormField,
    UploadFile,
    asset,
    fragment,
    htmx,
    redirect,
    render,
    route,
)
from routes_example._base import Layout
from routes_example._catch import ReportError, read_report, start_weighing
from routes_example._owners import Owner, current_owner
from routes_example._upload import Progress

route(max_body="256 KiB")


class Report(BaseModel):
    report: UploadFile = Field(title="Catch report", description="CSV, a crate on each line: kind,kilograms")


owner: Owner = Depends(current_owner)
form: Form[Report]


async def load() -> None:
    if not POST or not form.ok:
        return
    try:
        landed = read_report((await form.data.report.read()).decode("utf-8-sig", "replace"))
    except ReportError as error:
        form.fail(report=str(error))
        return
    redirect(f"/catch/{start_weighing(owner.boat, landed)}")


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Land a catch" here="/mine" file={__file__}>
  <p class="note"><a href="/mine">{owner.boat}</a></p>
  <h1>Land a catch</h1>
  <p class="lead">Send us the list, and put the crates on the belt. <a href={asset("catch.csv")}>A list to try</a>.</p>
  <form id="landing" class="fields" method="post" enctype="multipart/form-data"
    hx-post="/mine/catch" hx-swap="outerHTML" hx-disabled-elt="find button" {fragment}>
    <{FormField} {form} name="report" accept=".csv,text/csv" />
    <{Progress} limit="256 KB" />
    <p class="actions"><button>Weigh it</button></p>
  </form>
</{Layout}>
"""
