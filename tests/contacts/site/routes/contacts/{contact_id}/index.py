from hyperpy import Depends

from routes._base import Layout
from store import Contact, requested_contact

contact: Contact = Depends(requested_contact)

t"""
<{Layout} title={contact.name}>
  <dl>
    <dt>E-mail</dt><dd><a href="mailto:{contact.email}">{contact.email}</a></dd>
    {contact.phone and t"<dt>Phone</dt><dd>{contact.phone}</dd>"}
  </dl>
  <form class="bar" method="post" action="/contacts/{contact.id}/delete">
    <a class="button" href="/contacts/{contact.id}/edit">Edit</a> <button>Delete</button>
    <a href="/contacts">All contacts</a>
  </form>
</{Layout}>
"""
