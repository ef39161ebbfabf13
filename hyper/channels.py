"""`hyperpy.channels` under a shorter name."""

import sys

import hyperpy.channels
from hyperpy.channels import *  # noqa: F403 (tells type checkers the names)

sys.modules[__name__] = hyperpy.channels
