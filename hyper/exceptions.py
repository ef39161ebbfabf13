"""`hyperpy.exceptions` under a shorter name."""

import sys

import hyperpy.exceptions
from hyperpy.exceptions import *  # noqa: F403 (tells type checkers the names)
from hyperpy.exceptions import __all__ as __all__

sys.modules[__name__] = hyperpy.exceptions
