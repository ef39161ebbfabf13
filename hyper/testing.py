"""`hyperpy.testing` under a shorter name."""

import sys

import hyperpy.testing
from hyperpy.testing import *  # noqa: F403 (tells type checkers the names)

sys.modules[__name__] = hyperpy.testing
