"""Errors of running code under `hyper dev`: a page with the user's source, and a short form for the terminal."""

from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.layer import ProblemLayer

__all__ = ["Editor", "ProblemLayer"]
