from hyperpy import POST, Depends, Form, flash, htmx, redirect, render

from routes._base import Layout
from routes.contacts._form import ContactForm
from store import Contacts, Details, Id

contact_id: Id
contacts: Contacts = Depends()
contact = contacts.get(contact_id)
form: Form[Details] = Form(initial=contact)

if POST:
    if contacts.has_email(form.values.email, besides=contact_id):
        form.fail(email="Somebody else has this e-mail.")
    if htmx.target == "email-field":
        render(fragments="email-field")
    if form.ok:
        contacts.change(contact_id, form.data)
        flash(f"{form.data.name} saved.")
        redirect(f"/contacts/{contact_id}")

t"<{Layout} title='Edit {contact.name}'><{ContactForm} {form} /></{Layout}>"
