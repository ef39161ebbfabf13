"""The boats in the harbour. The form works without JavaScript; htmx updates the list and the URL on every key."""

from string.templatelib import Template

from hyperpy import Loaded, Query, fragment, htmx, render
from routes_example._base import Layout
from routes_example._harbour import PIERS, Boat, find_boats

search: str = Query("", alias="q")
pier: str = Query("")

boats: list[Boat] = Loaded()


async def load() -> None:
    global boats
    boats = await find_boats(search, pier)


def Card(boat: Boat) -> Template:
    return t"""
        <li class="card"><a href="/boats/{boat.id}">
          <span class="berth">{boat.berth}</span>
          <b>{boat.name}</b>
          <span class="note">{boat.rig} from {boat.home}</span>
        </a></li>
    """


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Boats" here="/boats" file={__file__}>
  <h1>Boats</h1>
  <p class="lead">Who lies where tonight. Find a name or a home port; the address of the page remembers it.</p>
  <form class="filter" role="search" hx-get="/boats" hx-trigger="input delay:150ms, submit"
    hx-target="#boats" hx-swap="outerHTML" hx-push-url="true">
    <label>Name or home port <input type="search" name="q" value={search} autocomplete="off"></label>
    <label>Pier
      <select name="pier">
        <option value="">all</option>
        {[t"<option selected={name == pier}>{name}</option>" for name in PIERS]}
      </select>
    </label>
    <button>Search</button>
    <a class="button quiet" href="/boats/download">Download as CSV</a>
  </form>

  <section id="boats" aria-live="polite" {fragment}>
    <p class="note">{len(boats)} of {sum(PIERS.values())} berths</p>
    <ul class="cards">{[Card(boat) for boat in boats] or t"<li>No boat of that name is here. Try the sea.</li>"}</ul>
  </section>
</{Layout}>
"""
