"""`hyperpy.exceptions` under a shorter name."""

import sys

import hyperpy.exceptions
from hyperpy.exceptions import *  # noqa: F403 (tells type checkers the names)

sys.modules[__name__] = hyperpy.exceptions
