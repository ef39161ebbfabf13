from hyperpy import POST, Body, Depends, HTTPException, JSONResponse, Query

from store import Contacts, Details

q: str = Query("", max_length=100)
page: int = Query(1, ge=1, le=1_000_000)
contacts: Contacts = Depends()

if POST:
    details: Details = Body()
    if contacts.has_email(details.email):
        raise HTTPException(409, "Somebody else has this e-mail.")
    contact = contacts.add(details)
    JSONResponse(contact, 201, headers={"Location": f"/api/contacts/{contact.id}"})

JSONResponse(contacts.page(q, page))
