"""The folder of static files: which files are public, their content-hashed URLs, and the responses with them."""

from hyperpy.web.static_files.folder import StaticFolder
from hyperpy.web.static_files.hashed_names import without_hash
from hyperpy.web.static_files.ranges import with_usable_range
from hyperpy.web.static_files.serving import STATIC_URLS, StaticApp, media_type, static_url

__all__ = ["STATIC_URLS", "StaticApp", "StaticFolder", "media_type", "static_url", "with_usable_range", "without_hash"]
