"""The owner's page. The photo goes up with a progress bar, and a reload doesn't send it twice."""

from datetime import datetime

from pydantic import BaseModel, Field

from hyperpy import (
    POST,
    Depends,
    Form,
    FormField,
    UploadFile,
    flash,
    fragment,
    htmx,
    redirect,
    render,
    route,
)
from routes_example._base import Layout
from routes_example._harbour import NIGHTLY_FEE
from routes_example._owners import Owner, Photo, current_owner, image_type
from routes_example._upload import Progress

route(max_body="8 MiB")


class Upload(BaseModel):
    photo: UploadFile = Field(title="Photo of your boat")


owner: Owner = Depends(current_owner)
form: Form[Upload]


async def load() -> None:
    if not POST or not form.ok:
        return
    content = await form.data.photo.read()
    media_type = image_type(content)
    if not media_type:
        form.fail(photo="Please choose a JPEG, PNG or WebP.")
        return
    owner.photo = Photo(content, media_type, version=f"{datetime.now():%H%M%S%f}")
    flash("What a beauty. The photo is up.")
    redirect("/mine")


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title={owner.boat} here="/mine" file={__file__}>
  <h1>{owner.boat}</h1>
  <p class="lead">On the harbour pass of {owner.name}.</p>
  <dl class="facts">
    <div><dt>Length</dt><dd>{owner.metres:g} m</dd></div>
    <div><dt>A night costs</dt><dd>{owner.metres * NIGHTLY_FEE:.2f} €</dd></div>
  </dl>
  <div class="actions">
    <a class="button" href="/mine/catch">Land a catch</a>
    <form method="post" action="/logout"><button class="quiet">Log out</button></form>
  </div>

  {owner.photo and t'<img class="photo" src="/mine/photo?v={owner.photo.version}" alt={owner.boat}>'}
  <form id="photo-form" class="fields" method="post" enctype="multipart/form-data"
    hx-post="/mine" hx-swap="outerHTML" hx-disabled-elt="find button" {fragment}>
    <{FormField} {form} name="photo" accept="image/jpeg,image/png,image/webp" />
    <{Progress} limit="8 MB" />
    <p class="actions"><button>Send the photo</button></p>
  </form>
</{Layout}>
"""
