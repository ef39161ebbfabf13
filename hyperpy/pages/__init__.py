"""From a route file's source to the answer of one request."""

from hyperpy.pages.analysis.callables import StreamFacts
from hyperpy.pages.analysis.shared_objects import LoadWarning
from hyperpy.pages.analysis.vocabulary import PublicNames
from hyperpy.pages.answers import AnsweredError, Redirect, decisive, unexpected
from hyperpy.pages.input_functions import Cookie, Header, Loaded, Path, Query
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.loading.inputs import InputOrigin
from hyperpy.pages.loading.package import RoutesPackage, temporary_imports
from hyperpy.pages.loading.route import Route, load_route
from hyperpy.pages.proxies import NONCE_KEY, csp_nonce, nonce_of
from hyperpy.pages.proxies import request as current_request
from hyperpy.pages.proxies import response as current_response
from hyperpy.pages.request.body import RequestBody, body_limit, check_length
from hyperpy.pages.request.injected_response import InjectedResponse, check_header
from hyperpy.pages.request.methods import DELETE, GET, PATCH, POST, PUT
from hyperpy.pages.request.render_fragments import render
from hyperpy.pages.request.route_request import text_for_file
from hyperpy.pages.request.run import Run, current
from hyperpy.pages.route_settings import route
from hyperpy.pages.waiting.completion import Completion

__all__ = [
    "DELETE",
    "GET",
    "NONCE_KEY",
    "PATCH",
    "POST",
    "PUT",
    "AnsweredError",
    "Completion",
    "Cookie",
    "Header",
    "InjectedResponse",
    "InputMarker",
    "InputOrigin",
    "LoadWarning",
    "Loaded",
    "Path",
    "PublicNames",
    "Query",
    "Redirect",
    "RequestBody",
    "Route",
    "RoutesPackage",
    "Run",
    "StreamFacts",
    "body_limit",
    "check_header",
    "check_length",
    "csp_nonce",
    "current",
    "current_request",
    "current_response",
    "decisive",
    "load_route",
    "nonce_of",
    "render",
    "route",
    "temporary_imports",
    "text_for_file",
    "unexpected",
]
