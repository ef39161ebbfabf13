"""Errors of running code under `hyper dev`: a page with the user's source, as a response or over an open page."""

from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.layer import ProblemLayer
from hyperpy.dev.problems.local_clients import is_local
from hyperpy.dev.problems.problem_responses import page_answer
from hyperpy.dev.problems.visits import answering_file

__all__ = ["Editor", "ProblemLayer", "answering_file", "is_local", "page_answer"]
