from hyperpy import POST, Depends, Form, flash, htmx, redirect, render

from routes._base import Layout
from routes.contacts._form import ContactForm
from store import Contact, Contacts, Details, requested_contact

contacts: Contacts = Depends()
contact: Contact = Depends(requested_contact)
form: Form[Details] = Form(initial=contact)


async def load():
    if POST:
        if await contacts.has_email(form.values.email, besides=contact.id):
            form.fail(email="Somebody else has this e-mail.")
        if htmx.target == "email-field":
            render(fragments="email-field")
        if form.ok:
            await contacts.change(contact.id, form.data)
            flash(f"{form.data.name} saved.")
            redirect(f"/contacts/{contact.id}")


t"<{Layout} title='Edit {contact.name}'><{ContactForm} {form} /></{Layout}>"
