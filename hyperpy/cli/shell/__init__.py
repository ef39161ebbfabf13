"""`hyper shell`: a Python prompt in the running application."""

from hyperpy.cli.shell.prompt import run_shell

__all__ = ["run_shell"]
