from hyperpy import Query, fragment, htmx, render, route

from routes.live._frame import Frame

route(dynamic=True)

q: str = Query("")
ISLANDS = ("Brännö", "Dyrön", "Hönö", "Källö-Knippla", "Marstrand", "Rörö", "Styrsö", "Tjörn", "Vinga", "Åstol")
found = [island for island in ISLANDS if q.lower() in island.lower()]

if htmx:
    render(fragments="found")

t"""
<{Frame} title="Islands" source="">
  <form><label>Island <input type="search" name="q" value={q}></label></form>
  <ul id="found" {fragment}>{[t"<li>{island}</li>" for island in found] or t"<li>None has that name.</li>"}</ul>
</{Frame}>
"""
