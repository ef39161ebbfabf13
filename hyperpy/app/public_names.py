"""hyperpy's names as objects, by which route files are resolved."""

from typing import Final

from hyperpy.pages import DELETE, GET, PATCH, POST, PUT, PublicNames, render
from hyperpy.streams import JSON, Event
from hyperpy.web.redirect import redirect

PUBLIC_NAMES: Final = PublicNames(
    {
        **{method.name: method for method in (DELETE, GET, PATCH, POST, PUT)},
        "Event": Event,
        "JSON": JSON,
        "redirect": redirect,
        "render": render,
    }
)
