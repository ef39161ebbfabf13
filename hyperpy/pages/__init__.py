"""From a route file's source to the answer of one request."""

from hyperpy.pages.answers import AnsweredError, Redirect, decisive, unexpected
from hyperpy.pages.datastar_requests import is_datastar
from hyperpy.pages.facts import AssetCheck, LoadWarning, StreamFacts
from hyperpy.pages.htmx_headers import OVERRIDING, with_vary
from hyperpy.pages.input_functions import Cookie, Depends, Header, Loaded, Path, Query
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.known_names import PublicNames
from hyperpy.pages.loading.package import RouteLoader, RoutesPackage, is_in_routes, temporary_imports
from hyperpy.pages.loading.resolved_inputs import Dependency, InputOrigin
from hyperpy.pages.loading.route import Route, load_route
from hyperpy.pages.proxies import NONCE_KEY, csp_nonce, nonce_of, request_proxy, session
from hyperpy.pages.proxies import request as current_request
from hyperpy.pages.proxies import response as current_response
from hyperpy.pages.request.body import BODILESS_METHODS, RequestBody, body_limit, check_length
from hyperpy.pages.request.ending import failed, finished, is_streamed, send_streamed, stream_finished
from hyperpy.pages.request.flash import flash, flashes
from hyperpy.pages.request.injected_response import InjectedResponse, check_header
from hyperpy.pages.request.methods import DELETE, GET, PATCH, POST, PUT
from hyperpy.pages.request.render_fragments import IN_BOTH, render
from hyperpy.pages.request.request_state import ANSWERED, HEADERS_SETTLED, REFUSED, STATE, WHOLE, request_state
from hyperpy.pages.request.route_request import FORM_KEY, close_files, text_for_file
from hyperpy.pages.request.run import Run, current
from hyperpy.pages.request.threads import TaskMark
from hyperpy.pages.request_objects import RequestObject
from hyperpy.pages.route_settings import route
from hyperpy.pages.source_files import read_source
from hyperpy.pages.waiting.completion import OF_PART, Completion

__all__ = [
    "ANSWERED",
    "BODILESS_METHODS",
    "DELETE",
    "FORM_KEY",
    "GET",
    "HEADERS_SETTLED",
    "IN_BOTH",
    "NONCE_KEY",
    "OF_PART",
    "OVERRIDING",
    "PATCH",
    "POST",
    "PUT",
    "REFUSED",
    "STATE",
    "WHOLE",
    "AnsweredError",
    "AssetCheck",
    "Completion",
    "Cookie",
    "Dependency",
    "Depends",
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
    "RequestObject",
    "Route",
    "RouteLoader",
    "RoutesPackage",
    "Run",
    "StreamFacts",
    "TaskMark",
    "body_limit",
    "check_header",
    "check_length",
    "close_files",
    "csp_nonce",
    "current",
    "current_request",
    "current_response",
    "decisive",
    "failed",
    "finished",
    "flash",
    "flashes",
    "is_datastar",
    "is_in_routes",
    "is_streamed",
    "load_route",
    "nonce_of",
    "read_source",
    "render",
    "request_proxy",
    "request_state",
    "route",
    "send_streamed",
    "session",
    "stream_finished",
    "temporary_imports",
    "text_for_file",
    "unexpected",
    "with_vary",
]
