"""The application: a folder of routes, wired to Starlette."""

from hyperpy.app.hyper import Hyper
from hyperpy.app.loaded_routes import RouteRow

__all__ = ["Hyper", "RouteRow"]
