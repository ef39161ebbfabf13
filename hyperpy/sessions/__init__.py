"""Sessions: a signed cookie that identifies a visitor between requests, and messages for the next page."""

from hyperpy.sessions.content import PRIVATE, SessionContent
from hyperpy.sessions.flashes import Flash
from hyperpy.sessions.session import ExplicitSession, Session
from hyperpy.sessions.signed_cookie import SessionCookie, missing_key, new_key

__all__ = [
    "PRIVATE",
    "ExplicitSession",
    "Flash",
    "Session",
    "SessionContent",
    "SessionCookie",
    "missing_key",
    "new_key",
]
