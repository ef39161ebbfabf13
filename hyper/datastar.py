"""`hyperpy.datastar` under a shorter name."""

import sys

import hyperpy.datastar
from hyperpy.datastar import *  # noqa: F403 (tells type checkers the names)

sys.modules[__name__] = hyperpy.datastar
