"""What a site remembers of a visitor between requests: a signed cookie, and messages for the next page."""

from hyperpy.sessions.content import SessionContent
from hyperpy.sessions.flashes import Flash
from hyperpy.sessions.session import Session
from hyperpy.sessions.signed_cookie import SessionCookie, missing_key, new_key

__all__ = ["Flash", "Session", "SessionContent", "SessionCookie", "missing_key", "new_key"]
