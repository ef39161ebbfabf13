"""The owners of boats, who have a harbour pass: in memory, and their passwords as hashes."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from hyperpy import redirect, request, session


@dataclass(frozen=True, slots=True)
class Photo:
    content: bytes
    media_type: str
    version: str  # part of its URL, so that a browser shows the new one


@dataclass(slots=True)
class Owner:
    name: str
    boat: str
    metres: float
    password: str  # its hash
    photo: Photo | None = None


_hasher: Final = PasswordHasher()
_nobody: Final = Owner("", "", 0, _hasher.hash(secrets.token_hex()))
_owners: Final[dict[str, Owner]] = {}


async def sign_up(name: str, boat: str, metres: float, password: str) -> Owner | None:
    """A new owner, or None if somebody else has that name."""
    hashed = await asyncio.to_thread(_hasher.hash, password)
    owner = Owner(name, boat, metres, hashed)
    return owner if _owners.setdefault(name.casefold(), owner) is owner else None


async def log_in(name: str, password: str) -> Owner | None:
    """The owner with that name and password. It takes the same time for a name that doesn't exist."""
    owner = _owners.get(name.casefold(), _nobody)
    try:
        await asyncio.to_thread(_hasher.verify, owner.password, password)
    except VerifyMismatchError:
        return None
    return owner


def remember(owner: Owner) -> None:
    """Begin a new session, which belongs to that owner."""
    session.renew()
    session["owner"] = owner.name


async def current_owner() -> Owner:
    """The owner who is logged in. Anybody else is sent to the log-in, and from there back to this page."""
    owner = _owners.get(session.get("owner", "").casefold())
    if owner is None:
        raise redirect(_log_in_url())
    return owner


def _log_in_url() -> str:
    """The log-in, with the page to go on to. The address of a form may have no page."""
    if request.method != "GET":
        return "/login"
    path, query = request.url.path, request.url.query
    return f"/login?{urlencode({'then': f'{path}?{query}' if query else path})}"


def image_type(content: bytes) -> str:
    """The media type of an image, told by its first bytes, or an empty string."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return ""
