"""Start a background job, and redirect to the page that shows its progress."""

from pydantic import BaseModel

from hyperpy import POST, Form, redirect
from routes_example._base import Layout
from routes_example._catch import LANDED, start_weighing


class Catch(BaseModel):
    boat: str = next(iter(LANDED))


form: Form[Catch]


async def load() -> None:
    if POST and form.ok:
        if form.data.boat in LANDED:
            redirect(f"/catch/{start_weighing(form.data.boat, LANDED[form.data.boat])}")
        else:
            form.fail(boat="There is no such boat at the fish market.")


t"""
<{Layout} title="Catch" here="/catch" file={__file__}>
  <h1>The day's catch</h1>
  <p class="lead">Every crate goes over the scales before it is sold. It takes a while; you can leave and come back.</p>
  <form class="filter" method="post">
    <label>Boat
      <select {form.field("boat", type="select"):**}>{form.options("boat", list(LANDED))}</select>
      {form.errors.boat}
    </label>
    <button>Weigh the catch</button>
  </form>
  <p class="note">Your own catch? Owners with a harbour pass <a href="/mine/catch">send a list</a> of their crates.</p>
</{Layout}>
"""
