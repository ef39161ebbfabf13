"""The visitors' book: its form is answered with a redirect, so that a reload doesn't sign twice."""

from string.templatelib import Template

from hyperpy import POST, Loaded, RedirectResponse, redirect, request, response
from routes_example._base import Layout
from routes_example._harbour import Entry, read_logbook, sign_logbook

name = text = problem = ""
entries: list[Entry] = Loaded()


async def load() -> RedirectResponse | None:
    global name, text, problem, entries
    if POST:
        form = await request.form()
        name, text = str(form.get("name", "")).strip(), str(form.get("text", "")).strip()
        if name and text:
            await sign_logbook(name[:80], text[:500])
            return redirect("/logbook")
        problem = "Please write both your name and a line or two."
        response.status_code = 422
    entries = await read_logbook()
    return None


def Signed(entry: Entry) -> Template:
    return t"""
        <li>
          <blockquote>{entry.text}</blockquote>
          <p class="note">{entry.name}, <time datetime={entry.at:%Y-%m-%d}>{entry.at.day} {entry.at:%B %Y}</time></p>
        </li>
    """


t"""
<{Layout} title="Logbook" here="/logbook">
  <h1>Logbook</h1>
  <p class="lead">Everybody who ties up here signs. It is bad luck not to.</p>
  <div class="book">
    <form method="post">
      {problem and t'<p class="problem" role="alert">{problem}</p>'}
      <label>Your name <input name="name" value={name} maxlength="80" required></label>
      <label>What the sea was like <textarea name="text" rows="3" maxlength="500" required>{text}</textarea></label>
      <button>Sign</button>
    </form>
    <ol class="entries">{[Signed(entry) for entry in entries]}</ol>
  </div>
</{Layout}>
"""
