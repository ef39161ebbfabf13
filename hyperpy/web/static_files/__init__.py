"""The folder of static files: which files are public, their content-hashed URLs, and the responses with them.

The names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from hyperpy.lazy import lazy_names

if TYPE_CHECKING:
    from hyperpy.web.static_files.folder import StaticFolder
    from hyperpy.web.static_files.hashed_names import without_hash
    from hyperpy.web.static_files.ranges import with_usable_range
    from hyperpy.web.static_files.serving import StaticApp, media_type
    from hyperpy.web.static_files.static_urls import STATIC_URLS, static_url
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "hyperpy.web.static_files.folder": "StaticFolder",
            "hyperpy.web.static_files.hashed_names": "without_hash",
            "hyperpy.web.static_files.ranges": "with_usable_range",
            "hyperpy.web.static_files.serving": "StaticApp media_type",
            "hyperpy.web.static_files.static_urls": "STATIC_URLS static_url",
        },
    )

__all__ = ["STATIC_URLS", "StaticApp", "StaticFolder", "media_type", "static_url", "with_usable_range", "without_hash"]


def __dir__() -> list[str]:
    return __all__
