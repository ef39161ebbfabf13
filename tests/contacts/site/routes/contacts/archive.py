from hyperpy import POST, Depends, redirect

from jobs import archive, start
from store import Contacts

contacts: Contacts = Depends()

if POST:

    async def begin():
        job = await start(contacts.connection, "Archive", await contacts.count(), archive)
        return redirect(f"/contacts/jobs/{job.id}")
