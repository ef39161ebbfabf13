"""Errors of running code under `hyper dev`: a page with the user's source, as a response or over an open page."""

from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.layer import ProblemLayer

__all__ = ["Editor", "ProblemLayer"]
