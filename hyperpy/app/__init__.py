"""The application: a folder of routes, wired to Starlette."""

from hyperpy.app.hyper import Hyper

__all__ = ["Hyper"]
