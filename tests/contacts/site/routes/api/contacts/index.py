from hyperpy import POST, Body, Depends, HTTPException, JSONResponse, Query

from store import Contacts, Details

q: str = Query("", max_length=100)
page: int = Query(1, ge=1, le=1_000_000)
contacts: Contacts = Depends()

if POST:
    details: Details = Body()


async def load():
    if POST:
        if await contacts.has_email(details.email):
            raise HTTPException(409, "Somebody else has this e-mail.")
        contact = await contacts.add(details)
        return JSONResponse(contact, 201, headers={"Location": f"/api/contacts/{contact.id}"})
    return await contacts.page(q, page)
