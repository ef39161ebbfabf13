"""The command `hyper`."""

from hyperpy.cli.commands import main

__all__ = ["main"]
