"""Whatever else goes wrong, such as a file that is too large, or a bug, which the log has under an id."""

from hyperpy.exceptions import PageError
from routes_example._base import Layout

error: PageError

t"""
<{Layout} title={error.title} file={__file__}>
  <h1>{error.title}</h1>
  <p class="lead">{error.detail if error.detail != error.title else "That didn't go as planned."}</p>
  {error.log_id and t'<p class="note">If you tell us, please say <code>{error.log_id}</code>.</p>'}
  <p><a class="button" href="/">Back to the harbour</a></p>
</{Layout}>
"""
