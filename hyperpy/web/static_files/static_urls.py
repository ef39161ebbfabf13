"""The URLs of static files."""

from typing import Final

WELL_KNOWN: Final = ".well-known"  # RFC 8615
STATIC_URLS: Final = (b"/static/", f"/{WELL_KNOWN}/".encode())


def static_url(name: str) -> str:
    """The path of a file in the folder, without a hash."""
    return f"/{name}" if name.startswith(f"{WELL_KNOWN}/") else f"/static/{name}"
