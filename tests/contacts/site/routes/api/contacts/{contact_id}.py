from hyperpy import DELETE, Depends, Response

from store import Contact, Contacts, requested_contact

contacts: Contacts = Depends()
contact: Contact = Depends(requested_contact)


async def load():
    if DELETE:
        await contacts.delete([contact.id])
        return Response(status_code=204)
    return contact
