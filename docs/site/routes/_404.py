from hyperpy import url

from routes._base import Layout

t"""
<{Layout} title="Page not found">
  <h1>This page doesn't exist</h1>
  <p>It may have moved. Press <kbd>/</kbd> to search, or start from the <a href={url("/")}>overview</a>.</p>
</{Layout}>
"""
