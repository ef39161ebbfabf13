"""A room of the radio. Messages go to the room's channel, and its stream sends them to everybody, the sender included.

Without JavaScript, a form is answered with a redirect. With htmx, a new form replaces the old one.
"""

from datetime import datetime
from urllib.parse import urlencode

from hyperpy import (
    POST,
    HTTPException,
    Path,
    Query,
    Response,
    channel,
    fragment,
    htmx,
    redirect,
    render,
    request,
    response,
)
from routes_example._base import Layout
from routes_example._radio import NAME_LIMIT, ROOMS, TEXT_LIMIT, Call, Tabs

room_id: int = Path()
name: str = Query("")

text = problem = ""

if room_id not in ROOMS:
    raise HTTPException(404)

room = ROOMS[room_id]


async def load() -> Response | None:
    global name, text, problem
    if not POST:
        return None
    form = await request.form()
    name, text = str(form.get("name", "")).strip(), str(form.get("text", "")).strip()
    problem = complaint(name, text)
    if not problem:
        await channel(f"radio:{room_id}").publish(Call(name, text, datetime.now()))
        text = ""
        return None if htmx else redirect(f"/chat/{room_id}?{urlencode({'name': name})}")
    response.status_code = 422
    return None


def complaint(name: str, text: str) -> str:
    if not name or not text:
        return "Please say who you are, and something for the others to hear."
    if len(name) > NAME_LIMIT or len(text) > TEXT_LIMIT:
        return f"Please keep it short: {NAME_LIMIT} characters for the name, {TEXT_LIMIT} for what you say."
    return ""


if htmx.fragment:
    render(fragments=htmx.fragment)


t"""
<{Layout} title="Channel {room.id}, {room.name}" here="/chat" file={__file__} beside={["{room_id}/stream.py"]}>
  <h1>Radio</h1>
  <p class="lead">Everybody on a channel can hear everybody else. Over.</p>
  <{Tabs} here={room_id} />

  <section class="radio" aria-labelledby="room">
    <h2 id="room">{room.name}</h2>
    <p class="note">{room.about}</p>
    <div class="calls" role="log" aria-labelledby="room" tabindex="0" hx-ext="sse"
      sse-connect="/chat/{room_id}/stream" sse-swap="begin" sse-close="close" hx-target="#calls">
      <ol id="calls" sse-swap="message" hx-swap="beforeend"><li class="note">Tuning in …</li></ol>
    </div>
    <noscript><p class="note">You can send messages, but receiving them takes JavaScript.</p></noscript>

    <form id="speak" class="speak" method="post" action="/chat/{room_id}"
      hx-post="/chat/{room_id}" hx-swap="outerHTML" {fragment}>
      {problem and t'<p class="problem" role="alert">{problem}</p>'}
      <label>Your name
        <input id="name" name="name" value={name} maxlength={NAME_LIMIT} autocomplete="nickname" required></label>
      <label>Message
        <input id="text" name="text" value={text} maxlength={TEXT_LIMIT} autocomplete="off" required></label>
      <button id="send">Send</button>
    </form>
  </section>
</{Layout}>
"""
