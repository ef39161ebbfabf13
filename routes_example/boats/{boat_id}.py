"""One boat. `boat_id` is part of the URL; if it isn't a number, the response is 404."""

from string.templatelib import Template

from hyperpy import HTTPException, Loaded, Path
from routes_example._base import Layout
from routes_example._harbour import NIGHTLY_FEE, Boat, berths_of, get_boat

boat_id: int = Path()

boat: Boat = Loaded()
berths: dict[str, Boat | None] = Loaded()


async def load() -> None:
    global boat, berths
    found = await get_boat(boat_id)
    if found is None:
        raise HTTPException(404)
    boat = found
    berths = await berths_of(boat.pier)


def Berth(name: str, boat: Boat | None, here: bool) -> Template:
    return t"""
        <li class={ {"here": here} }>
          <span class="berth">{name}</span>
          {t'<a href="/boats/{boat.id}">{boat.name}</a>' if boat else t'<span class="note">free</span>'}
        </li>
    """


t"""
<{Layout} title={boat.name} here="/boats" file={__file__}>
  <p class="note"><a href="/boats">All boats</a></p>
  <h1>{boat.name}</h1>
  <p class="lead">A {boat.rig} from {boat.home}, {boat.metres} metres long.</p>

  <dl class="facts">
    <div><dt>Berth</dt><dd>{boat.berth}</dd></div>
    <div><dt>Nights</dt><dd>{boat.nights}</dd></div>
    <div><dt>Fee for a metre and night</dt><dd>{NIGHTLY_FEE:.2f} €</dd></div>
    <div><dt>To pay</dt><dd>{boat.fee:.2f} €</dd></div>
  </dl>

  <h2>Pier {boat.pier}</h2>
  <ol class="pier">{[Berth(name, other, here=other is boat) for name, other in berths.items()]}</ol>
</{Layout}>
"""
