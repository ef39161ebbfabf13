"""Routing: discovery of route files, URL patterns, and a tree of segments that finds the route for a path."""

from hyperpy.routing.discovery import Discovery, ErrorPage, GuardFile, RouteFile, discover
from hyperpy.routing.paths import route_path, split_path
from hyperpy.routing.router import CanonicalRedirect, ErrorPages, Match, Router

__all__ = [
    "CanonicalRedirect",
    "Discovery",
    "ErrorPage",
    "ErrorPages",
    "GuardFile",
    "Match",
    "RouteFile",
    "Router",
    "discover",
    "route_path",
    "split_path",
]
