"""The public names of `hyperpy` under its short name: `from hyper import render, fragment`."""

import hyperpy
from hyperpy import *  # noqa: F403

__all__ = hyperpy.__all__
