"""`hyperpy.components` under a shorter name."""

import sys

import hyperpy.components
from hyperpy.components import *  # noqa: F403 (tells type checkers the names)

sys.modules[__name__] = hyperpy.components
