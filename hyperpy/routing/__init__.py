"""Routing: discovery of route files, URL patterns, and a tree of segments that finds the route for a path."""

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
