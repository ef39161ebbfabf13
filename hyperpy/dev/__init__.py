"""`hyper dev`: a child process serves; its parent holds the socket and restarts the child when a file changes."""

from hyperpy.dev.child import Announce, Hooks
from hyperpy.dev.reloader import develop

__all__ = ["Announce", "Hooks", "develop"]
