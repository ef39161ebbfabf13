"""Routing: discovery of route files, URL patterns, and a tree of segments that finds the route for a path."""

from hyperpy.routing.discovery import Discovery, ErrorPage, ErrorPageName, GuardFile, RouteFile, discover
from hyperpy.routing.paths import quote_path, root_prefix, route_path, split_path
from hyperpy.routing.router import CanonicalRedirect, ErrorPages, Match, Router
from hyperpy.routing.urls import URLPatterns, URLProblem

__all__ = [
    "CanonicalRedirect",
    "Discovery",
    "ErrorPage",
    "ErrorPageName",
    "ErrorPages",
    "GuardFile",
    "Match",
    "RouteFile",
    "Router",
    "URLPatterns",
    "URLProblem",
    "discover",
    "quote_path",
    "root_prefix",
    "route_path",
    "split_path",
]
