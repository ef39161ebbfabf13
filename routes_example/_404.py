from hyperpy import request
from routes_example._base import Layout

t"""
<{Layout} title="Not found" file={__file__}>
  <h1>Nothing moored here</h1>
  <p class="lead">We looked along every pier, and there is no <code>{request.url.path}</code>.</p>
  <p><a class="button" href="/">Back to the harbour</a></p>
</{Layout}>
"""
