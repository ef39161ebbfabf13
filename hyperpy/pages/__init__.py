"""From a route file's source to the answer of one request."""

from hyperpy.pages.deferred import DeferredPage
from hyperpy.pages.description import StreamFacts
from hyperpy.pages.inputs import Input, Origin
from hyperpy.pages.markers import Cookie, Header, Query
from hyperpy.pages.methods import DELETE, GET, PATCH, POST, PUT, Method
from hyperpy.pages.outgoing import Outgoing, check_header
from hyperpy.pages.package import RoutesPackage, imported_for_now
from hyperpy.pages.progress import Progress
from hyperpy.pages.rendering import render
from hyperpy.pages.route import Route, load_route, new_package
from hyperpy.pages.run import Run, current

__all__ = [
    "DELETE",
    "GET",
    "PATCH",
    "POST",
    "PUT",
    "Cookie",
    "DeferredPage",
    "Header",
    "Input",
    "Method",
    "Origin",
    "Outgoing",
    "Progress",
    "Query",
    "Route",
    "RoutesPackage",
    "Run",
    "StreamFacts",
    "check_header",
    "current",
    "imported_for_now",
    "load_route",
    "new_package",
    "render",
]
