"""Start a background job, and redirect to the page that shows its progress."""

from hyperpy import POST, HTTPException, RedirectResponse, redirect, request
from routes_example._base import Layout
from routes_example._catch import LANDED, start_weighing


async def load() -> RedirectResponse | None:
    if not POST:
        return None
    boat = str((await request.form()).get("boat", ""))
    if boat not in LANDED:
        raise HTTPException(422, "There is no such boat at the fish market.")
    return redirect(f"/catch/{start_weighing(boat)}")


t"""
<{Layout} title="Catch" here="/catch">
  <h1>The day's catch</h1>
  <p class="lead">Every crate goes over the scales before it is sold. It takes a while; you can leave and come back.</p>
  <form class="filter" method="post">
    <label>Boat
      <select name="boat">{[t"<option>{boat}</option>" for boat in LANDED]}</select>
    </label>
    <button>Weigh the catch</button>
  </form>
</{Layout}>
"""
