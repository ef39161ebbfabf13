from hyperpy import POST, Depends, redirect

from jobs import archive, start
from store import Contacts

contacts: Contacts = Depends()

if POST:
    job = start(contacts.connection, "Archive", contacts.count(), archive)
    redirect(f"/contacts/jobs/{job.id}")
