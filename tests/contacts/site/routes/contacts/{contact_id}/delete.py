from hyperpy import POST, Depends, PlainTextResponse, flash, htmx, redirect

from store import Contacts, Id

contact_id: Id
contacts: Contacts = Depends()

if POST:
    contact = contacts.get(contact_id)
    contacts.delete([contact_id])
    if htmx:
        PlainTextResponse("")
    flash(f"{contact.name} deleted.")
    redirect("/contacts")
