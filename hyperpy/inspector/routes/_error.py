"""The page for what isn't kept any more, and for errors of the inspector itself."""

from hyperpy import Depends
from hyperpy.exceptions import PageError
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout

error: PageError
inspection: Inspection = Depends(inspection_of)

t"""
<{Layout} title={error.title} here="" live={False} {inspection}>
  <main id="main"><h1>{error.title}</h1><p>{error.detail}</p></main>
</{Layout}>
"""
