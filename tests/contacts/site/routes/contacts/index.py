"""The list: pages, a search that shows in the URL, and deleting several contacts at once."""

from hyperpy import POST, Depends, Form, Query, flash, fragment, htmx, redirect, render, url

from routes._base import Layout
from store import PAGE, Contacts, Id

q: str = Query("", max_length=100)
page: int = Query(1, ge=1, le=1_000_000)
contacts: Contacts = Depends()

if POST:
    ids: list[Id] = Form([])


async def load():
    global found
    if POST:
        flash(f"{await contacts.delete(ids)} contacts deleted.")
        redirect(url("/contacts", q=q or None))
    found = await contacts.page(q, page)


if htmx.fragment:
    render(fragments=htmx.fragment)


def Row(contact):
    return t"""
    <tr>
      <td><input type="checkbox" name="ids" value={contact.id} aria-label="Select {contact.name}"></td>
      <td><a href="/contacts/{contact.id}">{contact.name}</a></td>
      <td>{contact.email}</td>
      <td>{contact.phone}</td>
      <td><a href="/contacts/{contact.id}/edit">Edit</a>
        <button class="link" formaction="/contacts/{contact.id}/delete" hx-post="/contacts/{contact.id}/delete"
          hx-target="closest tr" hx-swap="delete" hx-confirm="Delete {contact.name}?">Delete</button></td>
    </tr>
    """


t"""
<{Layout} title="Contacts">
  <form class="bar" role="search">
    <input type="search" name="q" value={q} placeholder="Search" aria-label="Search" hx-get="/contacts"
      hx-trigger="input changed delay:200ms, search" hx-target="#found" hx-swap="outerHTML" hx-replace-url="true"
      hx-sync="this:replace">
    <button>Search</button>
    <a class="button" href="/contacts/new">New contact</a>
    <button formmethod="post" formaction="/contacts/archive">Archive</button>
  </form>
  <form method="post" id="found" {fragment}>
    <p class="bar">
      <button hx-post="" hx-confirm="Delete the selected contacts?">Delete selected</button>
      {page > 1 and t'<a rel="prev" href={url("/contacts", q=q or None, page=page - 1)}>Previous</a>'}
      {len(found) > PAGE and t'<a rel="next" href={url("/contacts", q=q or None, page=page + 1)}>Next</a>'}
    </p>
    <table>
      <thead><tr><td></td><th>Name</th><th>E-mail</th><th>Phone</th><td></td></tr></thead>
      <tbody>{[Row(contact) for contact in found[:PAGE]] or t"<tr><td colspan=5>Nobody here.</td></tr>"}</tbody>
    </table>
  </form>
</{Layout}>
"""
