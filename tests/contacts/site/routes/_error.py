from hyperpy.exceptions import PageError

from routes._base import Layout

error: PageError

t"""
<{Layout} title={error.title}>
  <p>{error.detail}</p>
  {error.log_id and t"<p>Tell us this number: {error.log_id}</p>"}
  <p><a href="/contacts">All contacts</a></p>
</{Layout}>
"""
