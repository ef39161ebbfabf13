"""`hyper dev`: one child serves, its parent keeps the socket and restarts it when a file changes."""

from hyperpy.dev.reloader import Announce, develop

__all__ = ["Announce", "develop"]
