"""Errors of running code under `hyper dev`: a page with the user's source, and a short form for the terminal."""

from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.layer import ProblemLayer
from hyperpy.dev.problems.terminal import RepeatedErrors, configure_terminal
from hyperpy.dev.problems.trimming import trimmed_traceback

__all__ = ["Editor", "ProblemLayer", "RepeatedErrors", "configure_terminal", "trimmed_traceback"]
