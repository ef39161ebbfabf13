"""`hyperpy.components` under a shorter name."""

import sys

import hyperpy.components
from hyperpy.components import *  # noqa: F403 (tells type checkers the names)
from hyperpy.components import __all__ as __all__

sys.modules[__name__] = hyperpy.components
