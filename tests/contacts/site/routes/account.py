from hyperpy import Depends

from accounts import User, current_user
from routes._base import Layout

user: User = Depends(current_user)

t"""
<{Layout} title={user.name}>
  <p>Programs get the contacts from <code>/api/contacts</code> if they send this header:</p>
  <pre>Authorization: Bearer {user.token}</pre>
</{Layout}>
"""
