from hyperpy import DELETE, Depends, JSONResponse, Response

from store import Contacts, Id

contact_id: Id
contacts: Contacts = Depends()
contact = contacts.get(contact_id)

if DELETE:
    contacts.delete([contact_id])
    Response(status_code=204)

JSONResponse(contact)
