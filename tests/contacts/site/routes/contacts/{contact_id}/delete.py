from hyperpy import POST, Depends, PlainTextResponse, flash, htmx, redirect

from store import Contact, Contacts, requested_contact

contacts: Contacts = Depends()
contact: Contact = Depends(requested_contact)

if POST:

    async def delete():
        await contacts.delete([contact.id])
        if htmx:
            return PlainTextResponse("")
        flash(f"{contact.name} deleted.")
        return redirect("/contacts")
