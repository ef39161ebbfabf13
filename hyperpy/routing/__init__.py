"""From a folder of files to the route that answers a URL: discovery, patterns, a segment tree."""

from hyperpy.routing.discovery import Discovery, ErrorPage, ErrorPageName, RouteFile, discover
from hyperpy.routing.error_pages import ErrorPages
from hyperpy.routing.paths import quote_path, route_path, split_path
from hyperpy.routing.patterns import Segment, SegmentKind, is_private, parse_segment, pattern, shape
from hyperpy.routing.router import CanonicalRedirect, Match, Router

__all__ = [
    "CanonicalRedirect",
    "Discovery",
    "ErrorPage",
    "ErrorPageName",
    "ErrorPages",
    "Match",
    "RouteFile",
    "Router",
    "Segment",
    "SegmentKind",
    "discover",
    "is_private",
    "parse_segment",
    "pattern",
    "quote_path",
    "route_path",
    "shape",
    "split_path",
]
