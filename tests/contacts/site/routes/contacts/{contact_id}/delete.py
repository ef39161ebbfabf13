from hyperpy import POST, Depends, PlainTextResponse, flash, htmx, redirect

from store import Contacts

contact_id: int
contacts: Contacts = Depends()

if POST:
    contact = contacts.get(contact_id)
    contacts.delete([contact_id])
    if htmx:
        PlainTextResponse("")
    flash(f"{contact.name} deleted.")
    redirect("/contacts")
