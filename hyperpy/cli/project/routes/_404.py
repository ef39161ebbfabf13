"""What visitors see when there is nothing at a URL."""

from routes._base import Layout

t"""
<{Layout} title="Not found">
  <h1>Nothing here</h1>
  <p>This page does not exist. <a href="/">Back to the board</a></p>
</{Layout}>
"""
