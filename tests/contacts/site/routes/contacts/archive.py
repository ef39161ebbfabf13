from hyperpy import POST, Depends, redirect

from jobs import Jobs, archive
from store import Contacts

jobs: Jobs = Depends()
contacts: Contacts = Depends()

if POST:
    redirect(f"/contacts/jobs/{jobs.start('Archive', contacts.count(), archive).id}")
