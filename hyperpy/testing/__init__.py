"""Tools for testing a site: serve it, send requests, and read streams by events and pages by elements."""

try:
    import httpx  # noqa: F401
    import selectolax  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("httpx", "selectolax"):
        raise
    install = 'pip install "./hyperpy[testing]", with the path of your checkout'
    raise ImportError(f"hyperpy.testing needs {error.name}: {install}", name=error.name) from None

from hyperpy.testing.backend_contract import BackendContract
from hyperpy.testing.body_reader import Ending, StreamFailure
from hyperpy.testing.event_reader import Events
from hyperpy.testing.failures import AnswerFailure, PageFailure, SiteFailure
from hyperpy.testing.markup import HTML, Element, Page
from hyperpy.testing.page_forms import PageForm
from hyperpy.testing.parts import Parts
from hyperpy.testing.received_event import ReceivedEvent
from hyperpy.testing.site import Site
from hyperpy.testing.transport.in_process import client
from hyperpy.testing.transport.real_server import serve

__all__ = [
    "HTML",
    "AnswerFailure",
    "BackendContract",
    "Element",
    "Ending",
    "Events",
    "Page",
    "PageFailure",
    "PageForm",
    "Parts",
    "ReceivedEvent",
    "Site",
    "SiteFailure",
    "StreamFailure",
    "client",
    "serve",
]

# Tracebacks show these names as tests import them.
for _failure in (AnswerFailure, PageFailure, SiteFailure, StreamFailure):
    _failure.__module__ = __name__
