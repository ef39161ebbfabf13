from hyperpy import POST, Depends, Form, flash, htmx, redirect, render

from routes._base import Layout
from routes.contacts._form import ContactForm
from store import Contacts, Details

contacts: Contacts = Depends()
form: Form[Details]


async def load():
    if POST:
        if await contacts.has_email(form.values.email):
            form.fail(email="Somebody else has this e-mail.")
        if htmx.target == "email-field":
            render(fragments="email-field")
        if form.ok:
            contact = await contacts.add(form.data)
            flash(f"{contact.name} added.")
            redirect(f"/contacts/{contact.id}")


t"<{Layout} title='New contact'><{ContactForm} {form} /></{Layout}>"
